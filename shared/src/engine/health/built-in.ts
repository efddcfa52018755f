import type { HealthStatus } from '../../argo/application.ts'
import { formatApiVersion, gvkOf } from '../../k8s/gvk.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { dictionary } from '../../lang/dictionary.ts'
import { mistakeIn } from '../scheme/mistake.ts'
import { namedType, schemeType } from '../scheme/types.ts'
import { apiServiceHealth } from './api-service.ts'
import { daemonSetHealth } from './daemon-set.ts'
import { deploymentHealth } from './deployment.ts'
import { horizontalPodAutoscalerHealth } from './horizontal-pod-autoscaler.ts'
import { jobHealth } from './job.ts'
import { persistentVolumeClaimHealth } from './persistent-volume-claim.ts'
import { podHealth } from './pod.ts'
import { replicaSetHealth } from './replica-set.ts'
import { ingressHealth, serviceHealth } from './service.ts'
import { statefulSetHealth } from './stateful-set.ts'
import { workflowHealth } from './workflow.ts'

interface Rule {
  readonly judge: (object: KubeObject) => HealthStatus
  /** Versions the rule can read; absent: any. Others are an error, not a silence. */
  readonly versions?: readonly string[]
  /** What the error calls the kind where that is not its name. */
  readonly called?: string
}

const rules: Readonly<Record<string, Rule>> = dictionary({
  'apps/Deployment': { judge: deploymentHealth, versions: ['v1'] },
  'apps/StatefulSet': { judge: statefulSetHealth, versions: ['v1'] },
  'apps/DaemonSet': { judge: daemonSetHealth, versions: ['v1'] },
  'apps/ReplicaSet': { judge: replicaSetHealth, versions: ['v1'] },
  '/Pod': { judge: podHealth, versions: ['v1'] },
  '/Service': { judge: serviceHealth, versions: ['v1'] },
  '/PersistentVolumeClaim': { judge: persistentVolumeClaimHealth, versions: ['v1'], called: 'PVC' },
  'batch/Job': { judge: jobHealth, versions: ['v1'] },
  'networking.k8s.io/Ingress': { judge: ingressHealth },
  'extensions/Ingress': { judge: ingressHealth },
  'autoscaling/HorizontalPodAutoscaler': {
    judge: horizontalPodAutoscalerHealth,
    versions: ['v1', 'v2'],
    called: 'HPA',
  },
  'apiregistration.k8s.io/APIService': { judge: apiServiceHealth, versions: ['v1', 'v1beta1'] },
  'argoproj.io/Workflow': { judge: workflowHealth },
})

/** The verdict of the rules that are built in; undefined where no rule knows the kind. Throws where what was given cannot be read. */
export function builtInHealth(object: KubeObject, given = object): HealthStatus | undefined {
  const { group, version, kind } = gvkOf(object)
  const rule = rules[`${group}/${kind}`]
  if (!rule) return undefined
  if (rule.versions && !rule.versions.includes(version)) {
    const shown = group === '' ? `/${version}` : formatApiVersion(group, version)
    throw new Error(`unsupported ${rule.called ?? kind} GVK: ${shown}, Kind=${kind}`)
  }
  const type =
    rule.versions && (schemeType(object.apiVersion, kind) ?? namedType(`${group.split('.', 1)[0]}/v1/${kind}`))
  const mistake = type && mistakeIn(given, type)
  if (mistake !== undefined) {
    const named = kind === 'HorizontalPodAutoscaler' ? 'HPA' : kind
    throw new Error(`failed to convert unstructured ${named} to typed: ${mistake}`)
  }
  return rule.judge(object)
}
