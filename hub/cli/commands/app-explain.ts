import { routes } from '@flotilla/shared/api/routes'
import type { Application } from '@flotilla/shared/argo/application'
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
        ...advice.map(({ message }) => `What to do: ${message}`),
        waiting ? `It waits since ${waiting.since}: ${waiting.reason}` : 'It waits for nothing.',
        ...(waiting?.nextAt === undefined ? [] : [`Next tried at ${waiting.nextAt}.`]),
      ]
      rim.out(`${lines.join('\n')}\n`)
    })
}
