import { routes } from '@flotilla/shared/api/routes'
import {
  isUnderWay,
  type Application,
  type HealthStatus,
  type OperationState,
  type ResourceResult,
} from '@flotilla/shared/argo/application'
import { titleOf } from '@flotilla/shared/engine/wait-details'
import type { Command } from 'commander'
import { planTable, type Waiting } from '../app/plan.ts'
import { clientOf, type Rim } from '../context.ts'
import { appAddress } from './app-read.ts'

/** `app explain`: why an application is not further along, in words. */
export function addExplainCommand(app: Command, rim: Rim): void {
  app
    .command('explain <name>')
    .description('say what an application waits for, since when, and when it is tried again')
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .action(async (argument: string, flags: { appNamespace?: string }, command: Command) => {
      const client = clientOf(command, rim)
      const { name, ...address } = appAddress(argument, flags.appNamespace)
      const one = await client.call<Application>(routes.application, address)
      const { status } = one
      const { waiting, advice = [], plan } = await client.call<Waiting>(routes.applicationWaiting, address)
      const lines = [
        `${name} is ${status?.sync?.status ?? 'Unknown'} and ${healthOf(status?.health)}.`,
        ...(status?.conditions ?? []).map(({ type, message }) => `${type}: ${message}`),
        ...lastOperation(status?.operationState),
        ...advice.map(({ message }) => `What to do: ${message}`),
        waiting ? `It waits since ${waiting.since}: ${waiting.reason}` : 'It waits for nothing.',
        ...(waiting?.details ?? []).map((detail) => `- ${detail}`),
        ...(waiting?.nextAt === undefined ? [] : [`Next tried at ${waiting.nextAt}.`]),
      ]
      const steps = isUnderWay(status?.operationState) ? planTable(one, plan) : ''
      rim.out(`${lines.join('\n')}\n${steps === '' ? '' : `\n${steps}`}`)
    })
}

/** Of an operation that failed: why, and what is usually done about it. */
function lastOperation(state: OperationState | undefined): string[] {
  if (!state || !['Failed', 'Error'].includes(state.phase)) return []
  const failed = (state.syncResult?.resources ?? []).filter(isFailed)
  const words = [
    `The last operation ended as ${state.phase}: ${state.message ?? ''}`,
    ...failed.slice(0, mostNamed).map(failure),
    ...(failed.length > mostNamed ? [`- and ${failed.length - mostNamed} more`] : []),
  ]
  const missing = /namespaces "[^"]+" not found/.test(state.message ?? '')
  const hint = 'What to do: create the namespace, or have it created: app set NAME --sync-option CreateNamespace=true'
  return missing ? [...words, hint] : words
}

const mostNamed = 5

function isFailed({ status, hookPhase }: ResourceResult): boolean {
  return status === 'SyncFailed' || hookPhase === 'Failed' || hookPhase === 'Error'
}

function failure(row: ResourceResult): string {
  return `- ${titleOf(row)}: ${row.message ?? ''}`
}

function healthOf(health: HealthStatus | undefined): string {
  return health?.message ? `${health.status} (${health.message})` : (health?.status ?? 'Unknown')
}
