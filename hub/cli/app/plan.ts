import { routes } from '@flotilla/shared/api/routes'
import type { Application, ResourceResult } from '@flotilla/shared/argo/application'
import type { PlannedStep } from '@flotilla/shared/engine/announced-plan'
import type { Client } from '../client.ts'
import { field, table } from '../table.ts'

/** What the hub says of an application that waits, and of the plan of its operation. */
export interface Waiting {
  readonly waiting?: {
    readonly reason: string
    readonly since: string
    readonly nextAt?: string
    readonly details?: readonly string[]
  }
  readonly advice?: readonly { readonly message: string }[]
  readonly plan?: readonly PlannedStep[]
}

/** Asks for what an application waits for; a hub that does not know the question has no answer. */
export async function waitingOf(client: Client, address: Parameters<Client['call']>[1]): Promise<Waiting> {
  try {
    return await client.call<Waiting>(routes.applicationWaiting, address)
  } catch {
    return {}
  }
}

/** The plan of an operation that is under way, or of a dry run, with what came of each step so far. */
export function planTable({ status }: Application, plan: readonly PlannedStep[] | undefined): string {
  if (!plan || plan.length === 0) return ''
  const rows = status?.operationState?.syncResult?.resources ?? []
  const dry = status?.operationState?.operation.sync?.dryRun === true
  return table([
    ['PHASE', 'WAVE', 'DOES', 'GROUP', 'KIND', 'NAMESPACE', 'NAME', ...(dry ? [] : ['STATE'])],
    ...plan.map((step) => [
      step.phase,
      String(step.wave),
      step.does,
      step.group,
      step.kind,
      step.namespace,
      step.name,
      ...(dry ? [] : [stateOf(rows.find((row) => isOf(step, row)))]),
    ]),
  ])
}

/** The lines about a wait; nothing where there is none. */
export function waitLines({ waiting }: Waiting): string {
  if (!waiting) return ''
  return [
    field('Not yet:', waiting.reason),
    field('  Since:', waiting.since),
    ...(waiting.nextAt === undefined ? [] : [field('  Next try:', waiting.nextAt)]),
    ...(waiting.details ?? []).map((detail) => field('', detail)),
  ].join('')
}

function isOf(step: PlannedStep, row: ResourceResult): boolean {
  const same = row.group === step.group && row.kind === step.kind && row.name === step.name
  return same && row.syncPhase === step.phase
}

function stateOf(row: ResourceResult | undefined): string {
  return row ? (row.hookPhase ?? row.status ?? '') : 'to come'
}
