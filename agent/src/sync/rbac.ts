import { gvkOf } from '@flotilla/shared/k8s/gvk'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import { printedName } from './words.ts'

/** What `kubectl auth reconcile` would do to one object of RBAC, which it grants to and never takes from. */
export interface RbacReconciliation {
  readonly operation: 'none' | 'create' | 'update' | 'recreate'
  readonly object: KubeObject
  /** Its words, standard output and error as Argo CD joins them. */
  readonly said: string
}

/** Whether client-side apply reconciles the object first: a role reference cannot be changed, only made anew. */
export function isReconciled(object: KubeObject): boolean {
  return object.apiVersion === 'rbac.authorization.k8s.io/v1' && kinds.has(gvkOf(object).kind)
}

const kinds: ReadonlySet<string> = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'])

/** Works out what is missing from the live object. */
export function reconcileRbac(target: KubeObject, live: KubeObject | undefined): RbacReconciliation {
  const binding = target.kind.endsWith('Binding')
  if (!live) return told('create', target, listed(target, binding), binding, false)
  if (binding && !deepEqual(roleRef(target), roleRef(live))) return told('recreate', target, [], true, false)
  const missing = binding
    ? uncovered(listed(target, true), (subject) => listed(live, true).some((other) => sameSubject(other, subject)))
    : uncovered(listed(target, false).flatMap(broken), (rule) => listed(live, false).some((o) => covers(o, rule)))
  const field = binding ? 'subjects' : 'rules'
  const object: KubeObject = {
    ...live,
    metadata: merged(target, live),
    ...(missing.length > 0 && { [field]: [...listed(live, binding), ...missing] }),
    ...(!binding && aggregation(target, live)),
  }
  if (object['aggregationRule'] === undefined) delete object['aggregationRule']
  const isProtected = live.metadata.annotations?.['rbac.authorization.kubernetes.io/autoupdate'] === 'false'
  const operation = deepEqual(object, live) ? 'none' : 'update'
  return told(operation, object, missing, binding, isProtected)
}

function told(
  operation: RbacReconciliation['operation'],
  object: KubeObject,
  missing: readonly Fields[],
  binding: boolean,
  isProtected: boolean,
): RbacReconciliation {
  const done = `${printedName(object)} reconciled`
  if (operation === 'none') return { operation, object, said: done }
  const caveat = isProtected ? ', but object opted out (rbac.authorization.kubernetes.io/autoupdate: false)' : ''
  const lines = [`reconciliation required ${operation}${caveat}`]
  if (missing.length > 0) {
    lines.push(`\tmissing ${binding ? 'subjects' : 'rules'} added:`)
    for (const one of missing) lines.push(`\t\t${binding ? printedSubject(one) : printedRule(one)}`)
  }
  return { operation: isProtected ? 'none' : operation, object, said: `${done}. ${lines.join('\n')}` }
}

type Fields = Readonly<Record<string, unknown>>

function listed(object: KubeObject, binding: boolean): readonly Fields[] {
  const list = object[binding ? 'subjects' : 'rules']
  return Array.isArray(list) ? (list as Fields[]) : []
}

function uncovered(wanted: readonly Fields[], has: (one: Fields) => boolean): readonly Fields[] {
  const missing: Fields[] = []
  for (const one of wanted) if (!has(one) && !missing.some((other) => deepEqual(other, one))) missing.push(one)
  return missing
}

function merged(target: KubeObject, live: KubeObject): KubeObject['metadata'] {
  const metadata = { ...live.metadata }
  if (target.metadata.labels) metadata.labels = { ...live.metadata.labels, ...target.metadata.labels }
  if (target.metadata.annotations) {
    metadata.annotations = { ...live.metadata.annotations, ...target.metadata.annotations }
  }
  return metadata
}

function aggregation(target: KubeObject, live: KubeObject): { aggregationRule: unknown } {
  const wanted = target['aggregationRule'] as { clusterRoleSelectors?: unknown[] } | undefined
  const found = live['aggregationRule'] as { clusterRoleSelectors?: unknown[] } | undefined
  if (!wanted) return { aggregationRule: undefined }
  const had = found?.clusterRoleSelectors ?? []
  const missing = (wanted.clusterRoleSelectors ?? []).filter((one) => !had.some((other) => deepEqual(one, other)))
  if (missing.length === 0) return { aggregationRule: found }
  return { aggregationRule: { ...found, clusterRoleSelectors: [...had, ...missing] } }
}

function roleRef(object: KubeObject): Fields {
  const { apiGroup, kind, name } = (object['roleRef'] ?? {}) as Fields
  return { apiGroup: apiGroup || 'rbac.authorization.k8s.io', kind, name }
}

function sameSubject(a: Fields, b: Fields): boolean {
  return subjectFields.every((field) => subjectField(a, field) === subjectField(b, field))
}

const subjectFields = ['kind', 'apiGroup', 'name', 'namespace'] as const

/** Subjects that are no service accounts are of the RBAC group where they do not say. */
function subjectField(subject: Fields, field: string): string {
  const value = text(subject[field])
  if (field !== 'apiGroup' || value !== '' || subject['kind'] === 'ServiceAccount') return value
  return 'rbac.authorization.k8s.io'
}

/** A rule taken apart into rules of one verb on one thing each. */
function broken(rule: Fields): Fields[] {
  const verbs = texts(rule['verbs'])
  const names = texts(rule['resourceNames'])
  const single: Fields[] = []
  for (const group of texts(rule['apiGroups'])) {
    for (const resource of texts(rule['resources'])) {
      for (const verb of verbs) {
        const one = { apiGroups: [group], resources: [resource], verbs: [verb] }
        if (names.length === 0) single.push(one)
        for (const name of names) single.push({ ...one, resourceNames: [name] })
      }
    }
  }
  for (const url of texts(rule['nonResourceURLs'])) {
    for (const verb of verbs) single.push({ nonResourceURLs: [url], verbs: [verb] })
  }
  return single
}

/** Whether a rule allows all that a rule of one verb on one thing does. */
function covers(owner: Fields, { verbs, apiGroups, resources, resourceNames, nonResourceURLs }: Fields): boolean {
  const has = (field: string, values: unknown): boolean => {
    const own = texts(owner[field])
    return own.includes('*') || texts(values).every((value) => own.includes(value))
  }
  const urls = texts(nonResourceURLs)
  const own = texts(owner['nonResourceURLs'])
  const reached = urls.every((url) =>
    own.some((other) => other === url || (other.endsWith('*') && url.startsWith(other.replace(/\*+$/, '')))),
  )
  const subresource = texts(resources).every((path) => {
    const listedHere = texts(owner['resources'])
    return listedHere.includes('*') || listedHere.includes(path) || listedHere.includes(`*/${path.split('/')[1] ?? ''}`)
  })
  const ownNames = texts(owner['resourceNames'])
  const named = texts(resourceNames)
  const namesCovered = ownNames.length === 0 || (named.length > 0 && named.every((name) => ownNames.includes(name)))
  return has('verbs', verbs) && has('apiGroups', apiGroups) && subresource && namesCovered && reached
}

function printedRule(rule: Fields): string {
  const list = (field: string) => `[${texts(rule[field]).join(' ')}]`
  return (
    `{Verbs:${list('verbs')} APIGroups:${list('apiGroups')} Resources:${list('resources')} ` +
    `ResourceNames:${list('resourceNames')} NonResourceURLs:${list('nonResourceURLs')}}`
  )
}

function printedSubject(subject: Fields): string {
  const [kind, group, name, namespace] = ['kind', 'apiGroup', 'name', 'namespace'].map((field) => text(subject[field]))
  return `{Kind:${kind ?? ''} APIGroup:${group ?? ''} Name:${name ?? ''} Namespace:${namespace ?? ''}}`
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
