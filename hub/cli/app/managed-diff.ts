import { orderedBy } from '@flotilla/shared/lang/order'
import { normalDiff } from './diff.ts'
import { toYaml } from '../print.ts'

/** A managed resource as the API tells it. */
export interface ManagedResource {
  group?: string
  kind: string
  namespace?: string
  name: string
  hook?: boolean
  modified?: boolean
  targetState?: string
  liveState?: string
  normalizedLiveState?: string
  predictedLiveState?: string
}

/** The differences of all managed resources, each below its heading. */
export function diffText(items: readonly ManagedResource[]): string {
  const parts: string[] = []
  for (const item of items.toSorted(orderedBy(keyOf))) {
    if (item.hook || (item.targetState === 'null' && item.liveState === 'null')) continue
    const before = parse(item.liveState === 'null' ? undefined : item.normalizedLiveState)
    const after = parse(item.targetState === 'null' ? undefined : item.predictedLiveState)
    const differences = normalDiff(before === undefined ? '' : toYaml(before), after === undefined ? '' : toYaml(after))
    if (differences === '') continue
    parts.push(`\n===== ${item.group ?? ''}/${item.kind} ${item.namespace ?? ''}/${item.name} ======\n${differences}`)
  }
  return parts.join('')
}

/** What manifests differ in, as `compared` for them, and what of the managed resources they would have go. */
export function withManifests(
  items: readonly ManagedResource[],
  compared: readonly ManagedResource[],
): ManagedResource[] {
  const named = new Set(compared.map(keyOf))
  const gone = items.filter((item) => !named.has(keyOf(item)) && parse(item.liveState) !== undefined)
  return [...compared, ...gone.map((item) => ({ ...item, targetState: 'null' }))]
}

function keyOf({ group = '', kind, namespace = '', name }: ManagedResource): string {
  return `${group}/${kind}/${namespace}/${name}`
}

function parse(text: string | undefined): unknown {
  return text === undefined || text === 'null' || text === '' ? undefined : JSON.parse(text)
}
