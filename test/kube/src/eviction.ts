import type { VirtualRequest } from '@flotilla/shared/apiserver/hooks'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { timestamp } from './controllers/conditions.ts'
import { allowedCondition, covers, type DisruptionBudget } from './controllers/disruption.ts'
import { isFinished, isReady, isTerminating } from './controllers/pods.ts'
import type { Pod } from './controllers/types.ts'
import { resources } from './machinery/resources.ts'

interface EvictionOptions {
  gracePeriodSeconds?: number
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan'
  preconditions?: { uid?: string; resourceVersion?: string }
  dryRun?: string[]
}

const success = { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Success', code: 201 }
const mostTries = 20

/** Deletes a pod, where the budget that covers it lets it go. Undefined: the request is about something else. */
export async function evictPod(
  objects: Objects,
  now: () => number,
  request: VirtualRequest,
): Promise<KubeObject | undefined> {
  if (request.resource.plural !== 'pods' || request.subresource !== 'eviction') return undefined
  const { name, namespace, body } = request
  if (name !== body.metadata.name)
    throw new StatusError(400, 'BadRequest', 'name in URL does not match name in Eviction object')
  const options = (body['deleteOptions'] ?? {}) as EvictionOptions
  const dryRun = request.dryRun || (options.dryRun?.length ?? 0) > 0
  const ref = { ...resources.pods, namespace, name }
  const pod = (await objects.get(ref)) as Pod
  const free = isFinished(pod) || isTerminating(pod) || (pod.status?.phase ?? 'Pending') === 'Pending'
  if (!free) {
    const refusal = await spend(objects, now, pod, dryRun)
    if (refusal) return refusal
  }
  const { gracePeriodSeconds, propagationPolicy, preconditions } = options
  if (!dryRun && !isTerminating(pod)) await mark(objects, now(), pod)
  await objects.delete(ref, {
    actor: request.actor,
    dryRun,
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(preconditions === undefined ? {} : { preconditions }),
  })
  return success
}

/** Takes one disruption from the budget of a pod. Throws where there is none left. */
async function spend(objects: Objects, now: () => number, pod: Pod, dryRun: boolean): Promise<KubeObject | undefined> {
  const { namespace = '' } = pod.metadata
  for (let tries = 1; ; tries++) {
    const all = (await objects.list({ ...resources.budgets, namespace })).items as DisruptionBudget[]
    const [budget, other] = all.filter((candidate) => covers(candidate, pod))
    if (!budget) return undefined
    if (other) {
      const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'
      return { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Failure', message, code: 500 }
    }
    if (sparesUnready(budget, pod)) return undefined
    check(budget)
    if (dryRun) return undefined
    try {
      await objects.update(
        { ...resources.budgets, namespace, name: budget.metadata.name ?? '' },
        spent(budget, pod, now()),
        {
          subresource: 'status',
          fieldManager: 'kube-apiserver',
        },
      )
      return undefined
    } catch (error) {
      if (!(error instanceof StatusError && error.code === 409) || tries === mostTries) throw error
    }
  }
}

/** A pod that is not ready is no loss where the others are enough, or where the budget says so. */
function sparesUnready({ spec, status }: DisruptionBudget, pod: Pod): boolean {
  if (isReady(pod)) return false
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  const desired = status?.desiredHealthy ?? 0
  return desired > 0 && (status?.currentHealthy ?? 0) >= desired
}

function check({ metadata, status }: DisruptionBudget): void {
  const name = metadata.name ?? ''
  const refuse = (message: string, retryAfterSeconds?: number): StatusError =>
    new StatusError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [{ reason: 'DisruptionBudget', message }],
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    })
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0))
    throw refuse(`The disruption budget ${name} is still being processed by the server.`, 10)
  if (status && status.disruptionsAllowed > 0) return
  const desired = status?.desiredHealthy ?? 0
  const healthy = status?.currentHealthy ?? 0
  throw refuse(
    healthy <= desired
      ? `The disruption budget ${name} needs ${desired} healthy pods and has ${healthy} currently`
      : `The disruption budget ${name} does not allow evicting pods currently`,
  )
}

function spent(budget: DisruptionBudget, pod: Pod, now: number): DisruptionBudget {
  const { status } = budget
  if (!status) return budget
  const disruptionsAllowed = status.disruptionsAllowed - 1
  const disruptedPods = { ...status.disruptedPods, [pod.metadata.name ?? '']: timestamp(now) }
  const conditions =
    disruptionsAllowed > 0
      ? (status.conditions ?? [])
      : allowedCondition(status.conditions ?? [], { ...status, disruptionsAllowed }, now)
  return { ...budget, status: { ...status, disruptionsAllowed, disruptedPods, conditions } }
}

/** Tells on the pod why it goes. */
async function mark(objects: Objects, now: number, pod: Pod): Promise<void> {
  const { namespace = '', name = '' } = pod.metadata
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: timestamp(now),
  }
  const patch = { status: { conditions: [condition] } }
  const options = { type: 'strategic', subresource: 'status', fieldManager: 'kube-apiserver' } as const
  await objects.patch({ ...resources.pods, namespace, name }, patch, options)
}
