/** A name fit for Kubernetes, as Argo CD makes it: lower case, everything odd a dash, 253 characters at most. */
export function sanitizeName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-.]/g, '-')
    .slice(0, 253)
    .replaceAll(/^[-.]+|[-.]+$/g, '')
}
