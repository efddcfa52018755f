import type { HealthStatus, HealthStatusCode, OperationState, SyncOperation } from '../../argo/application.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { keyOf, keyString } from '../../k8s/ref.ts'
import type { SyncSettings } from '../../protocol/desired.ts'
import { compare } from '../compare.ts'
import type { KindInfo } from '../compare-types.ts'
import { conclude, step, type Action, type ActionResult, type StepObservation } from '../operation.ts'
import { planSync } from '../plan.ts'
import { parseSyncOptions } from '../sync-options.ts'

/** A cluster of a few objects, for running syncs without one. */
export interface World {
  readonly live: Map<string, KubeObject>
  /** What is said of an object, one word a look; the last one stays. */
  readonly health: Map<string, (HealthStatusCode | 'Gone')[]>
  /** Writes that are refused, by `Kind/name`. */
  readonly refused: Map<string, string>
  readonly writes: string[]
}

export interface SyncScript {
  readonly manifests: readonly KubeObject[]
  readonly sync: SyncOperation
  /** Terminates the operation after so many looks. */
  readonly terminateAfter?: number | undefined
  readonly confirmed?: boolean | undefined
}

export const now = '2024-01-01T00:00:00Z'

export const settings: SyncSettings = {
  instance: 'app',
  project: 'default',
  destination: { namespace: 'ns' },
  sources: [],
  multiSource: false,
  sourceTypes: [],
  annotations: {},
  trackingMethod: 'annotation',
  instanceLabelKey: 'app.kubernetes.io/instance',
  argocdCm: {},
  projectSpec: { clusterResourceWhitelist: [{ group: '*', kind: '*' }] },
}

/** Short name of an object in scripts: `ConfigMap/a`. */
export function nameOf(object: KubeObject): string {
  return `${object.kind}/${object.metadata.name ?? ''}`
}

/** The operation's state as it begins. */
export function begun(sync: SyncOperation): OperationState {
  return { operation: { sync }, phase: 'Running', startedAt: now, syncResult: { revision: 'abcdef1234' } }
}

/** Looks and acts until the operation ends or nothing moves any more; tells each look: the state, then what was done. */
export function runSync(world: World, script: SyncScript, state: OperationState = begun(script.sync)): OperationState {
  let after = state
  const made = new Set<string>()
  for (let look = 0; look < 40; look++) {
    if (look === script.terminateAfter) after = { ...after, phase: 'Terminating' }
    const seen = observe(world, script, after, made)
    const { state: next, actions } = step(after, seen)
    if (actions.length > 0 || next.message !== after.message) say(world, next)
    for (const action of actions.flat()) if (action.type === 'apply') made.add(action.task.id)
    const working = next.phase === 'Running' || next.phase === 'Terminating'
    const results = perform(world, actions)
    const concluded = working ? conclude(next, results, seen) : { state: next, actions: [] }
    if (concluded.state.message !== next.message) say(world, concluded.state)
    perform(world, concluded.actions)
    after = concluded.state
    if (after.phase !== 'Running' && after.phase !== 'Terminating') return after
    const moved = actions.length > 0 || [...world.health.values()].some((words) => words.length > 1)
    if (!moved && script.terminateAfter === undefined) return after
    for (const words of world.health.values()) if (words.length > 1) words.shift()
  }
  throw new Error('the sync does not come to an end')
}

function observe(world: World, script: SyncScript, state: OperationState, made: ReadonlySet<string>): StepObservation {
  const options = parseSyncOptions(script.sync.syncOptions)
  // Somebody deletes it behind the back of the sync.
  for (const [key, object] of world.live) if (world.health.get(nameOf(object))?.[0] === 'Gone') world.live.delete(key)
  const live = [...world.live.values()]
  const comparison = compare({ settings, kinds, manifests: script.manifests, live })
  const tasks = planSync({
    comparison,
    settings,
    sync: script.sync,
    options,
    revision: 'abcdef1234',
    startedAt: state.startedAt,
    live: (key) => world.live.get(keyString(key)),
  })
  const health = (object: KubeObject): HealthStatus | undefined => {
    const status = world.health.get(nameOf(object))?.[0]
    return status && status !== 'Gone' ? { status } : undefined
  }
  return { tasks, options, now, health, begun: made, pruneConfirmed: script.confirmed ?? false }
}

function perform(world: World, groups: readonly (readonly Action[])[]): ActionResult[] {
  const results: ActionResult[] = []
  for (const group of groups) {
    const done = group.map((action) => one(world, action))
    results.push(...done)
    if (done.some(({ ok, action }) => !ok && action.type !== 'apply')) break
  }
  return results
}

function one(world: World, action: Action): ActionResult {
  const object = action.type === 'apply' ? action.object : action.live
  const name = nameOf(object)
  const key = keyString(keyOf(object))
  world.writes.push(`  ${action.type} ${name}`)
  const refused = action.type === 'release-hook' ? undefined : world.refused.get(name)
  if (refused !== undefined) return { action, ok: false, message: refused }
  const released = { ...object, metadata: { ...object.metadata, finalizers: [] } }
  if (action.type === 'apply') world.live.set(key, { ...object, metadata: { ...object.metadata, uid: key } })
  else if (action.type === 'release-hook') world.live.set(key, released)
  else world.live.delete(key)
  return { action, ok: true, message: action.type === 'apply' ? `${name} created` : 'pruned' }
}

function say(world: World, { phase, message }: OperationState): void {
  world.writes.push(`${phase}: ${message ?? ''}`)
}

const names: readonly (readonly [string, string, string, boolean])[] = [
  ['', 'v1', 'ConfigMap', true],
  ['', 'v1', 'Pod', true],
  ['', 'v1', 'Namespace', false],
  ['apps', 'v1', 'Deployment', true],
  ['batch', 'v1', 'Job', true],
]

export const kinds: ReadonlyMap<string, KindInfo> = new Map(
  names.map(([group, version, kind, namespaced]) => [
    `${group}/${kind}`,
    { group, version, kind, resource: `${kind.toLowerCase()}s`, namespaced, verbs: ['list', 'watch'] },
  ]),
)
