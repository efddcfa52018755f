import type { Condition } from '../argo/application.ts'
import { gvkOf } from '../k8s/gvk.ts'
import type { KubeObject } from '../k8s/object.ts'
import { globMatch } from '../lang/glob.ts'
import type { CompareInput } from './compare-types.ts'
import { kindPermitted } from './project-permits.ts'

interface Monitoring {
  readonly warn?: boolean
  readonly ignore?: readonly { readonly group?: string; readonly kind?: string; readonly name?: string }[]
}

/** The objects that nobody tracks and that count as orphans; none where the project does not watch for them. */
export function orphansOf({ settings, orphans = [] }: Pick<CompareInput, 'settings' | 'orphans'>): KubeObject[] {
  const monitoring = settings.projectSpec['orphanedResources'] as Monitoring | undefined
  if (!monitoring) return []
  return orphans.filter((object) => {
    const { group, kind } = gvkOf(object)
    const name = object.metadata.name ?? ''
    if ((object.metadata.ownerReferences ?? []).length > 0 || isEverywhere(group, kind, name, object)) return false
    if (!kindPermitted(settings.projectSpec, { group, kind, name }, true)) return false
    return !(monitoring.ignore ?? []).some(
      (rule) =>
        (!rule.group || globMatch(rule.group, group)) &&
        (!rule.kind || globMatch(rule.kind, kind)) &&
        (!rule.name || globMatch(rule.name, name)),
    )
  })
}

/** The warning that a project asks for. */
export function orphanWarnings(input: Pick<CompareInput, 'settings' | 'orphans'>): Condition[] {
  const monitoring = input.settings.projectSpec['orphanedResources'] as Monitoring | undefined
  const count = monitoring?.warn === true ? orphansOf(input).length : 0
  if (count === 0) return []
  return [{ type: 'OrphanedResourceWarning', message: `Application has ${count} orphaned resources` }]
}

/** What Kubernetes itself puts into each namespace. */
function isEverywhere(group: string, kind: string, name: string, object: KubeObject): boolean {
  if (group !== '') return false
  if (kind === 'ServiceAccount') return name === 'default'
  if (kind === 'ConfigMap') return name === 'kube-root-ca.crt'
  return kind === 'Service' && name === 'kubernetes' && object.metadata.namespace === 'default'
}
