import type { OperationState, ResourceResult } from '../argo/application.ts'
import { dictionary } from '../lang/dictionary.ts'

/** What to do about an object that was refused because a field of it cannot change. */
export interface ImmutableAdvice {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** Paths, as the server names them. */
  readonly fields: readonly string[]
  readonly message: string
}

/** Advice on every object of an operation that failed for a field that cannot change. */
export function immutableAdvice(state: OperationState | undefined): readonly ImmutableAdvice[] {
  if (!state || state.phase === 'Succeeded') return []
  return (state.syncResult?.resources ?? []).flatMap((row) => {
    const fields = row.status === 'SyncFailed' ? immutableFields(row.message ?? '') : []
    if (fields.length === 0) return []
    const { group, kind, namespace, name } = row
    return [{ group, kind, namespace, name, fields, message: advice(row, fields) }]
  })
}

/** The fields that a server's refusal says cannot change. */
export function immutableFields(message: string): readonly string[] {
  const complaints = [...message.matchAll(complaint)]
  const fields = complaints.flatMap(({ 1: field = '', index }, at) => {
    const said = message.slice(index, complaints[at + 1]?.index)
    return unchangeable.some((words) => words.test(said)) ? [field] : []
  })
  return [...new Set(fields)]
}

/** `spec.ports[0].name: Invalid value: …`, one after another. */
const complaint = /(?<=^|[\s[])([a-z]\w*(?:\.[\w-]+|\[[^\]\s]*\])*): (?=Forbidden|Invalid value)/gi

/** How Kubernetes' validations say that what is there stays. */
const unchangeable: readonly RegExp[] = [
  /\bis immutable\b/,
  /\bupdates to .+ are forbidden/,
  /\bmay not change\b/,
  /\bcannot change roleRef\b/,
  /\b(?:can(?:not| ?not)|may not|must not) be (?:changed|updated|modified)\b/,
]

function advice({ group, kind, namespace, name }: ResourceResult, fields: readonly string[]): string {
  const object = `${kind}${group === '' ? '' : `.${group}`} "${name}"`
  const place = namespace === '' ? '' : ` in namespace "${namespace}"`
  const what = `${fields.join(', ')} of ${object}${place} cannot change while the object exists.`
  const back = `put ${fields.length > 1 ? 'the fields' : 'the field'} back to what the cluster has`
  const rename = 'give the object another name in Git (the old one is then pruned)'
  const loss = losses[kind]
  const goes = loss === undefined ? '' : `; mind that ${loss}`
  if (lasting.has(kind)) return `${what} Either ${back}, or ${rename}, or delete it by hand and sync again${goes}.`
  const replace =
    'annotate the manifest with argocd.argoproj.io/sync-options: Replace=true,Force=true, which deletes and re-creates it'
  return `${what} Either ${back}, or ${rename}, or ${replace}, or delete it by hand and sync again${goes}.`
}

/** Never deleted to be made anew by a sync. */
const lasting: ReadonlySet<string> = new Set(['Namespace', 'CustomResourceDefinition'])

const losses: Readonly<Record<string, string>> = dictionary({
  Namespace: 'everything in it goes with it',
  CustomResourceDefinition: 'all objects of its kind go with it',
  PersistentVolumeClaim: 'its data may go with it, as the reclaim policy of its volume says',
  Deployment: 'its pods are stopped meanwhile',
  DaemonSet: 'its pods are stopped meanwhile',
  StatefulSet: 'its pods are stopped meanwhile (its volume claims stay)',
  Job: 'it runs again from its beginning',
  Service: 'it may get another address',
})
