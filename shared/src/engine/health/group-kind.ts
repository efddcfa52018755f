/** A kind as argocd-cm writes it: `apps/Deployment`, and `Pod` without a group. */
export function formatGroupKind(group: string, kind: string): string {
  return group === '' ? kind : `${group}/${kind}`
}
