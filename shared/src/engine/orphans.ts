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
        globMatch(rule.group ?? '', group) &&
        (!rule.kind || globMatch(rule.kind, kind)) &&
        (!rule.name || globMatch(rule.name, name)),
    )
  })
}

/** Whether the project wants to know what nobody tracks. */
export function watchesOrphans({ projectSpec }: CompareInput['settings']): boolean {
  const monitoring = projectSpec['orphanedResources']
  return typeof monitoring === 'object' && monitoring !== null
}

/** The warning that a project asks for; what orphans made counts with them. */
export function orphanWarnings(input: Pick<CompareInput, 'settings' | 'orphans' | 'madeBy'>): Condition[] {
  const monitoring = input.settings.projectSpec['orphanedResources'] as Monitoring | undefined
  if (monitoring?.warn !== true) return []
  const count = orphansOf(input).reduce((sum, orphan) => sum + 1 + (input.madeBy?.(orphan) ?? 0), 0)
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
