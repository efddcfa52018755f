import type { KubeObject, ObjectMeta } from '@flotilla/shared/k8s/object'
import type { LabelSelector } from '@flotilla/shared/k8s/label-selector'

/** The fields of built-in kinds that controllers decide on; the API has validated and defaulted them. */
export interface PodTemplate {
  metadata?: ObjectMeta
  spec: PodSpec
}

export interface PodSpec {
  containers: Container[]
  initContainers?: Container[]
  nodeName?: string
  nodeSelector?: Record<string, string>
  hostname?: string
  subdomain?: string
  restartPolicy?: string
  terminationGracePeriodSeconds?: number
  affinity?: Record<string, unknown>
  tolerations?: Record<string, unknown>[]
  volumes?: { name: string; persistentVolumeClaim?: { claimName: string }; [field: string]: unknown }[]
  [field: string]: unknown
}

export interface Container {
  name: string
  image: string
  command?: string[]
  args?: string[]
  ports?: { name?: string; containerPort: number; protocol?: string }[]
  env?: { name: string; value?: string }[]
  [field: string]: unknown
}

export interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime?: string
  lastUpdateTime?: string
  lastProbeTime?: string
  observedGeneration?: number
}

export interface Pod extends KubeObject {
  spec: PodSpec
  status?: PodStatus
}

export interface PodStatus {
  phase?: string
  conditions?: Condition[]
  containerStatuses?: Record<string, unknown>[]
  podIP?: string
  podIPs?: { ip: string }[]
  startTime?: string
  [field: string]: unknown
}

export interface ReplicaSet extends KubeObject {
  spec: { replicas: number; selector: LabelSelector; template: PodTemplate; minReadySeconds?: number }
  status?: ReplicaSetStatus
}

export interface ReplicaSetStatus {
  replicas: number
  fullyLabeledReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  terminatingReplicas?: number
  observedGeneration?: number
  conditions?: Condition[]
}

export interface Deployment extends KubeObject {
  spec: {
    replicas: number
    selector: LabelSelector
    template: PodTemplate
    strategy: { type: string; rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string } }
    minReadySeconds?: number
    revisionHistoryLimit?: number
    progressDeadlineSeconds?: number
    paused?: boolean
  }
  status?: DeploymentStatus
}

export interface DeploymentStatus {
  observedGeneration?: number
  replicas?: number
  updatedReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  unavailableReplicas?: number
  terminatingReplicas?: number
  collisionCount?: number
  conditions?: Condition[]
}

/** Kubernetes leaves zero counts out of most statuses. */
export function unlessZero<K extends string>(counts: Record<K, number>): Partial<Record<K, number>> {
  return Object.fromEntries(Object.entries<number>(counts).filter(([, count]) => count !== 0)) as Partial<
    Record<K, number>
  >
}
