import { jsonEqual } from '@flotilla/shared/lang/json'
import { inOrder } from '@flotilla/shared/lang/order'
import type { Controller } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { nothing, refTo, statusWrite, type Outcome, type Write } from '../machinery/writes.ts'
import { findCondition, withCondition } from './conditions.ts'
import { condition, countStatus, deadlineInMs, isComplete, progress } from './deployment-status.ts'
import { claim, controllerOf, controllerReference, wakesOwner } from './owners.ts'
import { isFinished, isTerminating, note, warning } from './pods.ts'
import {
  annotations,
  fences,
  hashLabel,
  newReplicas,
  replicaAnnotations,
  revisionOf,
  sameTemplate,
  setAnnotations,
  total,
} from './rollout.ts'
import { proportions } from './scale-proportionally.ts'
import { templateHash } from './template-hash.ts'
import type { Deployment, Pod, ReplicaSet } from './types.ts'

/** Rolls a Deployment from one ReplicaSet to the next. */
export const deploymentController: Controller = {
  name: 'deployment',
  resource: resources.deployments,
  watches: [
    wakesOwner(resources.replicaSets, resources.deployments, 'Deployment'),
    {
      // Recreate waits for the last old pod to be gone.
      resource: resources.pods,
      wakes(event, world) {
        if (event.type !== 'deleted') return []
        const set = world
          .of(resources.replicaSets)
          .get(event.object.metadata.namespace ?? '', controllerOf(event.object)?.name ?? '')
        const owner = set && controllerOf(set)
        return owner?.kind === 'Deployment' ? [`${event.object.metadata.namespace ?? ''}/${owner.name}`] : []
      },
    },
  ],
  reconcile(object, world, now) {
    const deployment = object as Deployment
    const all = world.of(resources.replicaSets).list(deployment.metadata.namespace) as ReplicaSet[]
    const { owned, writes } = claim(deployment, deployment.spec.selector, resources.replicaSets, all)
    if (writes.length > 0) return { writes, againMs: 0 }
    const pods = owned.flatMap((set) => world.of(resources.pods).ownedBy(set.metadata.uid) as Pod[])
    return collision(deployment, owned, all) ?? reconcileDeployment(deployment, owned, pods, now)
  },
}

/** Where another ReplicaSet has taken the name that the template's hash gives, the count of collisions makes a new one. */
function collision(
  deployment: Deployment,
  owned: readonly ReplicaSet[],
  all: readonly ReplicaSet[],
): Outcome | undefined {
  const { template } = deployment.spec
  if (isTerminating(deployment) || owned.some((set) => sameTemplate(set.spec.template, template))) return undefined
  const { status } = deployment
  const name = `${deployment.metadata.name}-${templateHash(template, status?.collisionCount)}`
  if (!all.some((set) => set.metadata.name === name)) return undefined
  const next = { ...status, collisionCount: (status?.collisionCount ?? 0) + 1 }
  return { writes: [statusWrite(resources.deployments, deployment, next)], againMs: 0 }
}

interface Rollout {
  readonly deployment: Deployment
  /** By age, the oldest first. */
  readonly sets: readonly ReplicaSet[]
  readonly current: ReplicaSet | undefined
  readonly old: readonly ReplicaSet[]
  readonly now: number
}

/** The decision on one Deployment, its ReplicaSets and their pods. */
export function reconcileDeployment(
  deployment: Deployment,
  owned: readonly ReplicaSet[],
  pods: readonly Pod[],
  now: number,
): Outcome {
  const sets = owned.toSorted(byAge)
  const current = sets.find((set) => sameTemplate(set.spec.template, deployment.spec.template))
  const rollout = { deployment, sets, current, old: sets.filter((set) => set !== current), now }
  if (isTerminating(deployment)) return settle(rollout, [], countStatus(deployment, sets, current, now))
  const paused = pausedConditions(rollout)
  if (paused) return { writes: [paused], againMs: 0 }
  if (deployment.spec.paused === true || isScaling(rollout)) {
    const status = countStatus(deployment, sets, current, now)
    return settle(
      rollout,
      proportions(deployment, sets, current).map(([set, n]) => scaleSet(deployment, set, n)),
      status,
    )
  }
  if (current) {
    const renamed = adoptRevision(rollout, current)
    if (renamed.length > 0) return { writes: renamed, againMs: 0 }
  }
  const steps = deployment.spec.strategy.type === 'Recreate' ? recreate(rollout, pods) : roll(rollout)
  if (!current && steps.length > 0 && steps[0]?.verb === 'create') return { writes: steps, againMs: 0 }
  const status = progress(deployment, sets, current, now)
  return settle(rollout, steps.length > 0 ? steps : cleanUp(rollout, isComplete(deployment, status)), status)
}

function settle(
  { deployment, now }: Rollout,
  steps: readonly Write[],
  status: NonNullable<Deployment['status']>,
): Outcome {
  const writes = [...steps]
  if (!jsonEqual(status, deployment.status)) writes.push(statusWrite(resources.deployments, deployment, status))
  const deadline = deadlineInMs(deployment, status, now)
  if (deadline > 0 && Number.isFinite(deadline)) return { writes, againMs: deadline }
  return writes.length === 0 ? nothing : { writes }
}

function pausedConditions({ deployment, now }: Rollout): Write | undefined {
  if (deployment.spec.progressDeadlineSeconds === undefined) return undefined
  const held = findCondition(deployment.status?.conditions, 'Progressing')
  if (held?.reason === 'ProgressDeadlineExceeded') return undefined
  const isPaused = held?.reason === 'DeploymentPaused'
  const wants = deployment.spec.paused === true
  if (isPaused === wants) return undefined
  const next = wants
    ? condition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', now)
    : condition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', now)
  const status = { ...deployment.status, conditions: withCondition(deployment.status?.conditions ?? [], next) }
  return statusWrite(resources.deployments, deployment, status)
}

function isScaling({ deployment, sets }: Rollout): boolean {
  return sets.some((set) => {
    const desired = set.metadata.annotations?.[annotations.desired]
    return set.spec.replicas > 0 && desired !== undefined && Number(desired) !== deployment.spec.replicas
  })
}

/** The new set carries the newest revision, and the deployment the revision of the set. */
function adoptRevision({ deployment, current, old, now }: Rollout, set: ReplicaSet): Write[] {
  const revision = Math.max(0, ...old.map(revisionOf)) + 1
  const next = setAnnotations(deployment, set, revision)
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0
  if (!jsonEqual(next, set.metadata.annotations) || minReadySeconds !== (set.spec.minReadySeconds ?? 0)) {
    const object = { ...set, metadata: { ...set.metadata, annotations: next }, spec: { ...set.spec, minReadySeconds } }
    return [{ verb: 'update', ref: refTo(resources.replicaSets, set), object }]
  }
  const known = findCondition(deployment.status?.conditions, 'Progressing')
  const marked = deployment.metadata.annotations?.[annotations.revision] === next[annotations.revision]
  if (marked && (known || deployment.spec.progressDeadlineSeconds === undefined)) return []
  const found = condition(
    'Progressing',
    'True',
    'FoundNewReplicaSet',
    `Found new replica set "${current?.metadata.name}"`,
    now,
  )
  return [markRevision(deployment, next[annotations.revision] ?? '1', known ? undefined : found)]
}

/** Revision and first condition go by one write to the status, which lets annotations through. */
function markRevision(deployment: Deployment, revision: string, next: ReturnType<typeof condition> | undefined): Write {
  const status =
    next && deployment.spec.progressDeadlineSeconds !== undefined
      ? { ...deployment.status, conditions: withCondition(deployment.status?.conditions ?? [], next) }
      : { ...deployment.status }
  const metadata = {
    ...deployment.metadata,
    annotations: { ...deployment.metadata.annotations, [annotations.revision]: revision },
  }
  return statusWrite(resources.deployments, { ...deployment, metadata }, status)
}

function createSet(rollout: Rollout): Write[] {
  const { deployment, sets, old, now } = rollout
  const hash = templateHash(deployment.spec.template, deployment.status?.collisionCount)
  const revision = Math.max(0, ...old.map(revisionOf)) + 1
  const name = `${deployment.metadata.name}-${hash}`
  const { template, selector, minReadySeconds = 0 } = deployment.spec
  const labels = { ...template.metadata?.labels, [hashLabel]: hash }
  const namespace = deployment.metadata.namespace ?? ''
  const object = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace,
      labels,
      annotations: { ...setAnnotations(deployment, undefined, revision), ...replicaAnnotations(deployment) },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: newReplicas(deployment, sets, 0),
      ...(minReadySeconds > 0 ? { minReadySeconds } : {}),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
  const created = condition('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`, now)
  return [
    {
      verb: 'create',
      ref: { ...resources.replicaSets, namespace },
      object,
      announce: {
        ...(object.spec.replicas > 0
          ? {
              done: () =>
                note(
                  deployment,
                  'ScalingReplicaSet',
                  `Scaled up replica set ${name} from 0 to ${object.spec.replicas}`,
                ),
            }
          : {}),
        failed: (why: string) =>
          warning(deployment, 'ReplicaSetCreateError', `Failed to create new replica set "${name}": ${why}`),
      },
    },
    markRevision(deployment, String(revision), created),
  ]
}

function roll(rollout: Rollout): Write[] {
  const { deployment, sets, current, old } = rollout
  if (!current) return createSet(rollout)
  const { replicas } = deployment.spec
  const wanted = current.spec.replicas > replicas ? replicas : newReplicas(deployment, sets, current.spec.replicas)
  if (wanted !== current.spec.replicas) return [scaleSet(deployment, current, wanted)]
  const least = replicas - fences(deployment).unavailable
  const missing = current.spec.replicas - (current.status?.availableReplicas ?? 0)
  let spare = total(sets, (set) => set.spec.replicas) - least - missing
  const left = new Map(old.map((set) => [set, set.spec.replicas]))
  const take = (set: ReplicaSet, count: number): void => {
    left.set(set, (left.get(set) ?? 0) - count)
  }
  // Old pods that do not work go first: nobody misses them.
  for (const set of old) {
    const broken = Math.min(spare, set.spec.replicas - (set.status?.availableReplicas ?? 0))
    if (broken <= 0) continue
    take(set, broken)
    spare -= broken
  }
  let surplus = Math.min(spare, total(sets, (set) => set.status?.availableReplicas) - least)
  for (const set of old) {
    const count = Math.min(surplus, left.get(set) ?? 0)
    if (count <= 0) continue
    take(set, count)
    surplus -= count
  }
  return old
    .filter((set) => left.get(set) !== set.spec.replicas)
    .map((set) => scaleSet(deployment, set, left.get(set) ?? 0))
}

function recreate(rollout: Rollout, pods: readonly Pod[]): Write[] {
  const { deployment, current, old } = rollout
  const alive = old.filter((set) => set.spec.replicas > 0)
  if (alive.length > 0) return alive.map((set) => scaleSet(deployment, set, 0))
  const before = new Set(old.map((set) => set.metadata.uid))
  if (pods.some((pod) => before.has(controllerOf(pod)?.uid) && !isFinished(pod))) return []
  if (!current) return createSet(rollout)
  return current.spec.replicas === deployment.spec.replicas
    ? []
    : [scaleSet(deployment, current, deployment.spec.replicas)]
}

function scaleSet(deployment: Deployment, set: ReplicaSet, replicas: number): Write {
  const metadata = { ...set.metadata, annotations: { ...set.metadata.annotations, ...replicaAnnotations(deployment) } }
  const before = set.spec.replicas
  const way = replicas > before ? 'up' : 'down'
  const text = `Scaled ${way} replica set ${set.metadata.name} from ${before} to ${replicas}`
  return {
    verb: 'update',
    ref: refTo(resources.replicaSets, set),
    object: { ...set, metadata, spec: { ...set.spec, replicas } },
    ...(before === replicas ? {} : { announce: { done: () => note(deployment, 'ScalingReplicaSet', text) } }),
  }
}

/** Old sets beyond the history limit go, once the rollout is complete. */
function cleanUp({ deployment, old }: Rollout, complete: boolean): Write[] {
  if (!complete) return []
  const limit = deployment.spec.revisionHistoryLimit ?? 10
  const empty = old.filter((set) => !isTerminating(set))
  return empty
    .toSorted((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, Math.max(0, empty.length - limit))
    .filter(
      (set) =>
        set.spec.replicas === 0 &&
        (set.status?.replicas ?? 0) === 0 &&
        (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0),
    )
    .map((set) => ({
      verb: 'delete',
      ref: refTo(resources.replicaSets, set),
      options: { propagationPolicy: 'Background' },
    }))
}

function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const age = Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? '')
  return age !== 0 ? age : inOrder(a.metadata.name ?? '', b.metadata.name ?? '')
}
