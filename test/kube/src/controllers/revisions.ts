import type { KubeObject } from '@flotilla/shared/k8s/object'
import { resources } from '../machinery/resources.ts'
import type { Write } from '../machinery/writes.ts'
import { refTo } from '../machinery/writes.ts'
import { controllerReference } from './owners.ts'
import { canonical, revisionHash, templateHash } from './template-hash.ts'
import type { PodTemplate } from './types.ts'

/** A stored version of a template. */
export interface ControllerRevision extends KubeObject {
  data?: unknown
  revision: number
}

export interface TemplateHistory {
  /** The revision that has the current template, once stored. */
  readonly current: ControllerRevision | undefined
  readonly hash: string
  readonly writes: readonly Write[]
}

/** Finds or writes down the revision of a template; an old one that comes back gets the newest number. */
export function recordTemplate(
  owner: KubeObject,
  template: PodTemplate,
  owned: readonly ControllerRevision[],
  hashLabel: string,
): TemplateHistory {
  const data = { spec: { template: { ...template, $patch: 'replace' } } }
  const newest = Math.max(0, ...owned.map(({ revision }) => revision))
  const current = owned.find((revision) => canonical(revision.data) === canonical(data))
  if (current) {
    const hash = current.metadata.labels?.[hashLabel] ?? ''
    if (current.revision === newest) return { current, hash, writes: [] }
    const object = { ...current, revision: newest + 1 }
    return { current, hash, writes: [{ verb: 'update', ref: refTo(resources.revisions, current), object }] }
  }
  const { collisionCount } = (owner['status'] ?? {}) as { collisionCount?: number }
  // DaemonSets name their revisions by the template, StatefulSets by what is stored.
  const hash =
    owner.kind === 'DaemonSet' ? templateHash(template, collisionCount) : revisionHash(data, collisionCount ?? 0)
  const namespace = owner.metadata.namespace ?? ''
  const { annotations } = owner.metadata
  const object: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${(owner.metadata.name ?? '').slice(0, 223)}-${hash}`,
      namespace,
      labels: { ...template.metadata?.labels, [hashLabel]: hash },
      ...(annotations ? { annotations } : {}),
      ownerReferences: [controllerReference(owner)],
    },
    data,
    revision: newest + 1,
  }
  return { current: undefined, hash, writes: [{ verb: 'create', ref: { ...resources.revisions, namespace }, object }] }
}

/** Revisions beyond the limit that nothing uses any more. */
export function staleRevisions(
  owned: readonly ControllerRevision[],
  inUse: ReadonlySet<string>,
  limit: number,
): Write[] {
  const idle = owned
    .filter(({ metadata }) => !inUse.has(metadata.name ?? ''))
    .toSorted((a, b) => a.revision - b.revision)
  return idle
    .slice(0, Math.max(0, idle.length - limit))
    .map((revision) => ({ verb: 'delete', ref: refTo(resources.revisions, revision) }))
}
