import { fieldManager } from '../argo/annotations.ts'
import type { HealthStatus, OperationState, ResourceResult } from '../argo/application.ts'
import type { KubeObject } from '../k8s/object.ts'
import { keyOf, type ResourceKey } from '../k8s/ref.ts'
import { inOrder } from '../lang/order.ts'
import type { PlannedStep } from './announced-plan.ts'
import type { Comparison } from './compare-types.ts'

export interface WaitInput {
  readonly state: OperationState
  readonly plan?: readonly PlannedStep[] | undefined
  readonly live: (key: ResourceKey) => KubeObject | undefined
  readonly health: (live: KubeObject) => HealthStatus | undefined
}

/** More than so many objects, or steps, are counted and not named. */
const mostNamed = 3

/** What a person wants to know of an operation that waits: where it stands, what it waits for is like, what comes after. */
export function waitDetails(input: WaitInput): string[] {
  const { state, plan = [] } = input
  const rows = state.syncResult?.resources ?? []
  const awaited = rows.flatMap((row) => {
    const key = keyOfRow(row)
    // The row of an object in no namespace may show the destination's.
    const live = input.live(key) ?? input.live({ ...key, namespace: '' })
    const isAwaited = row.status === 'Pruned' ? live !== undefined : row.hookPhase === 'Running'
    return isAwaited ? [{ row, live }] : []
  })
  const named = awaited.slice(0, mostNamed).flatMap(({ row, live }) => look(row, live, input) ?? [])
  const waves = wavesOf(plan)
  if (waves.length < 2 || awaited.length === 0) return named
  const isIn = (steps: readonly PlannedStep[]): boolean =>
    awaited.some(({ row }) => steps.some((step) => isSame(step, row)))
  const now = waves.findLastIndex((one) => isIn(one.steps))
  if (now < 0) return named
  const here = waves[now]
  return [
    ...(here ? [`step ${now + 1} of ${waves.length}: ${where(here)}`] : []),
    ...named,
    ...waves
      .slice(now + 1, now + 1 + mostNamed)
      .map((one) => `after it: ${where(one)}: ${one.steps.slice(0, mostNamed).map(what).join(', ')}${more(one.steps)}`),
  ]
}

/** Which objects are not as Git says, and who wrote them last: what a person asks where automated sync waits. */
export function driftDetails({ resources }: Pick<Comparison, 'resources'>): string[] {
  const different = resources.filter(({ row }) => row.status === 'OutOfSync')
  const named = different.slice(0, mostNamed).map(({ key, target, live }) => {
    if (!live) return `${titleOf(key)} is missing`
    const how = target ? 'differs from Git' : 'is not in Git any more'
    return `${titleOf(key)} ${how}${lastWriter(live)}`
  })
  return different.length > mostNamed ? [...named, `and ${different.length - mostNamed} more`] : named
}

/** Who other than us wrote an object last. */
function lastWriter({ metadata }: KubeObject): string {
  const entries = (metadata.managedFields ?? []) as readonly { manager?: string; time?: string }[]
  const others = entries.filter(({ manager, time }) => manager && time && manager !== fieldManager)
  const last = others.toSorted((a, b) => inOrder(a.time ?? '', b.time ?? '')).at(-1)
  return last ? `, written last by ${last.manager ?? ''} at ${last.time ?? ''}` : ''
}

/** Who keeps an object that is being deleted; undefined where nobody deletes it. */
export function heldBy(live: KubeObject): string | undefined {
  const { deletionTimestamp, finalizers = [] } = live.metadata
  if (deletionTimestamp === undefined) return undefined
  const by = finalizers.length > 0 ? `, held by its finalizers: ${finalizers.join(', ')}` : ''
  return `${titleOf(keyOf(live))} is being deleted since ${deletionTimestamp}${by}`
}

/** Who keeps objects that are being deleted, of the first few. */
export function heldDetails(leaving: readonly KubeObject[]): string[] {
  return leaving.slice(0, mostNamed).flatMap((object) => heldBy(object) ?? [])
}

function look(row: ResourceResult, live: KubeObject | undefined, { health }: WaitInput): string | undefined {
  const title = titleOf(keyOfRow(row))
  if (!live) return `${title} is not there`
  const held = heldBy(live)
  if (held !== undefined) return held
  const found = health(live)
  if (!found) return undefined
  return `${title} is ${found.status}${found.message ? `: ${found.message}` : ''}`
}

interface Wave {
  readonly phase: string
  readonly wave: number
  readonly steps: PlannedStep[]
}

/** Hooks of a sync that fails come only then: they are no part of the way. */
function wavesOf(plan: readonly PlannedStep[]): Wave[] {
  const waves: Wave[] = []
  for (const step of plan) {
    if (step.phase === 'SyncFail') continue
    const last = waves.at(-1)
    if (last?.phase === step.phase && last.wave === step.wave) last.steps.push(step)
    else waves.push({ phase: step.phase, wave: step.wave, steps: [step] })
  }
  return waves
}

const where = ({ phase, wave }: Wave): string => `wave ${wave} of ${phase}`

const what = (step: PlannedStep): string => `${step.does} ${titleOf(step)}`

function more({ length }: readonly unknown[]): string {
  return length > mostNamed ? ` and ${length - mostNamed} more` : ''
}

function isSame(step: PlannedStep, row: ResourceResult): boolean {
  return (
    step.name === row.name && step.kind === row.kind && step.group === row.group && step.phase === (row.syncPhase ?? '')
  )
}

function keyOfRow({ group, kind, namespace, name }: ResourceResult): ResourceKey {
  return { group, kind, namespace, name }
}

/** An object as people name it: `apps/Deployment shop/web`. */
export function titleOf({ group, kind, namespace, name }: ResourceKey): string {
  return `${group === '' ? '' : `${group}/`}${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`
}
