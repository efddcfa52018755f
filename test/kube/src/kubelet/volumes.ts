import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Pod } from '../controllers/types.ts'

/** What a pod's claims mean for its way to a node. */
export interface PodClaims {
  /** Why it cannot be scheduled yet. */
  readonly problem?: string
  /** Claims that want to know the node first. */
  readonly waiting: readonly KubeObject[]
  /** Claims that know the node, and are being bound. */
  readonly binding: boolean
}

export const selectedNode = 'volume.kubernetes.io/selected-node'

interface VolumeSource {
  name: string
  persistentVolumeClaim?: { claimName: string }
  ephemeral?: unknown
}

/**
 * Looks at the claims of a pod: all must be there, and bound. Those of a class in `late` are bound once they know where
 * their first consumer goes.
 */
export function claimsOf(pod: Pod, claims: readonly KubeObject[], late: ReadonlySet<string>): PodClaims {
  const waiting: KubeObject[] = []
  let binding = false
  const problem = (text: string): PodClaims => ({ problem: text, waiting: [], binding: false })
  for (const { name, persistentVolumeClaim, ephemeral } of (pod.spec.volumes ?? []) as VolumeSource[]) {
    const wanted = ephemeral === undefined ? persistentVolumeClaim?.claimName : `${pod.metadata.name}-${name}`
    if (wanted === undefined) continue
    const claim = claims.find(({ metadata }) => metadata.name === wanted)
    if (!claim) return problem(`persistentvolumeclaim "${wanted}" not found`)
    if (claim.metadata.deletionTimestamp !== undefined)
      return problem(`persistentvolumeclaim "${wanted}" is being deleted`)
    const { phase } = (claim['status'] ?? {}) as { phase?: string }
    if (phase === 'Bound') continue
    if (phase === 'Lost') return problem(`persistentvolumeclaim "${wanted}" bound to non-existent persistentvolume`)
    const { storageClassName = '' } = (claim['spec'] ?? {}) as { storageClassName?: string }
    if (!late.has(storageClassName)) return problem('pod has unbound immediate PersistentVolumeClaims')
    if (claim.metadata.annotations?.[selectedNode] === undefined) waiting.push(claim)
    else binding = true
  }
  return { waiting, binding }
}
