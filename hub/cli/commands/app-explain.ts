import { routes } from '@flotilla/shared/api/routes'
import type { Application, OperationState } from '@flotilla/shared/argo/application'
import type { Command } from 'commander'
import { clientOf, type Rim } from '../context.ts'
import { appAddress } from './app-read.ts'

interface Waiting {
  readonly waiting?: { readonly reason: string; readonly since: string; readonly nextAt?: string }
  readonly advice?: readonly { readonly message: string }[]
}

/** `app explain`: why an application is not further along, in words. */
export function addExplainCommand(app: Command, rim: Rim): void {
  app
    .command('explain <name>')
    .description('say what an application waits for, since when, and when it is tried again')
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .action(async (argument: string, flags: { appNamespace?: string }, command: Command) => {
      const client = clientOf(command, rim)
      const { name, ...address } = appAddress(argument, flags.appNamespace)
      const { status } = await client.call<Application>(routes.application, address)
      const { waiting, advice = [] } = await client.call<Waiting>(routes.applicationWaiting, address)
      const lines = [
        `${name} is ${status?.sync?.status ?? 'Unknown'} and ${status?.health?.status ?? 'Unknown'}.`,
        ...(status?.conditions ?? []).map(({ type, message }) => `${type}: ${message}`),
        ...lastOperation(status?.operationState),
        ...advice.map(({ message }) => `What to do: ${message}`),
        waiting ? `It waits since ${waiting.since}: ${waiting.reason}` : 'It waits for nothing.',
        ...(waiting?.nextAt === undefined ? [] : [`Next tried at ${waiting.nextAt}.`]),
      ]
      rim.out(`${lines.join('\n')}\n`)
    })
}

/** Of an operation that failed: why, and what is usually done about it. */
function lastOperation(state: OperationState | undefined): string[] {
  if (!state || !['Failed', 'Error'].includes(state.phase)) return []
  const words = `The last operation ended as ${state.phase}: ${state.message ?? ''}`
  const missing = /namespaces "[^"]+" not found/.test(state.message ?? '')
  const hint = 'What to do: create the namespace, or have it created: app set NAME --sync-option CreateNamespace=true'
  return missing ? [words, hint] : [words]
}
