import type { Application } from '@flotilla/shared/argo/application'
import { byKey } from '@flotilla/shared/lang/order'

/** What is known of one resource: its row in the status joined with the result of the last operation. */
export interface ResourceState {
  group: string
  kind: string
  namespace: string
  name: string
  status: string
  health: string
  hook: string
  message: string
}

const keyOf = (one: { group?: string; kind: string; namespace?: string; name: string }): string =>
  `${one.group ?? ''}/${one.kind}/${one.namespace ?? ''}/${one.name}`

/** Resources of the last operation first, in its order; then the others by key. */
export function resourceStates(app: Application): ResourceState[] {
  const rows = new Map((app.status?.resources ?? []).map((row) => [keyOf(row), row]))
  const states: ResourceState[] = []
  for (const result of app.status?.operationState?.syncResult?.resources ?? []) {
    const row = rows.get(keyOf(result))
    const plain = row && !result.hookType
    states.push({
      group: result.group,
      kind: result.kind,
      namespace: result.namespace,
      name: result.name,
      status: plain ? (row.status ?? '') : (result.hookPhase ?? ''),
      health: plain ? (row.health?.status ?? '') : (result.status ?? ''),
      hook: result.hookType ?? '',
      message: result.message ?? '',
    })
    rows.delete(keyOf(result))
  }
  for (const [, row] of [...rows].sort(byKey)) {
    states.push({
      group: row.group ?? '',
      kind: row.kind,
      namespace: row.namespace ?? '',
      name: row.name,
      status: row.status ?? '',
      health: row.health?.status ?? '',
      hook: '',
      message: '',
    })
  }
  return states
}

/** The part of a state that a progress line shows; two equal texts are no news. */
export function progressKey(state: ResourceState): string {
  return [state.status, state.health, state.hook, state.message].join('\u0000')
}
