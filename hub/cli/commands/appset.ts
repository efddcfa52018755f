import type { Command } from 'commander'
import type { Application, ApplicationSource } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { routes } from '@flotilla/shared/api/routes'
import { orderedBy } from '@flotilla/shared/lang/order'
import { clientOf, type Rim } from '../context.ts'
import type { Client } from '../client.ts'
import { ApiError, CliError } from '../errors.ts'
import { structured, toYaml, unknownFormat } from '../print.ts'
import { field, table } from '../table.ts'
import { readObjects } from './app-write.ts'

interface SetCondition {
  type: string
  status: string
  message?: string
  reason?: string
  lastTransitionTime?: string
}

interface ApplicationSet extends KubeObject {
  spec: { template?: { spec?: Application['spec'] }; syncPolicy?: { applicationsSync?: string } }
  status?: { conditions?: SetCondition[]; health?: { status?: string } }
}

const paramsOf = (argument: string) => ({ params: { name: argument.split('/').at(-1) ?? argument } })
const sources = (set: ApplicationSet): ApplicationSource[] => {
  const spec = set.spec.template?.spec
  return spec?.sources ?? (spec?.source ? [spec.source] : [])
}

const examples = `
Examples:
  flotilla appset generate set.yaml                 what would it make?
  flotilla appset create set.yaml --upsert
  flotilla appset get guestbooks
`

/** `appset create|list|get|generate|delete`. */
export function addApplicationSetCommands(program: Command, rim: Rim): void {
  const appset = program
    .command('appset')
    .description('many applications from one template')
    .addHelpText('after', examples)

  appset
    .command('create [files...]')
    .description('create ApplicationSets from files, or - for standard input')
    .option('--upsert', 'replace those that differ')
    .option('--dry-run', 'say what would happen')
    .option('--wait', 'until what they generate is up to date')
    .action(
      async (files: string[], flags: { upsert?: boolean; dryRun?: boolean; wait?: boolean }, command: Command) => {
        if (files.length === 0) {
          command.outputHelp()
          throw new CliError('', 1)
        }
        const client = clientOf(command, rim)
        for (const set of files.flatMap((file) => readObjects<ApplicationSet>(file))) {
          const name = set.metadata?.name ?? ''
          if (set.kind !== 'ApplicationSet')
            throw new CliError(`expected kind ApplicationSet, but got ${set.kind ?? 'none'}`)
          const before = await client.call<ApplicationSet>(routes.applicationSet, paramsOf(name)).catch(() => undefined)
          await client.call(routes.createApplicationSet, {
            body: set,
            query: { upsert: flags.upsert ?? false, dryRun: flags.dryRun },
          })
          rim.out(
            `ApplicationSet '${name}' ${before ? (flags.upsert ? 'updated' : 'unchanged') : 'created'}${flags.dryRun ? ' (dry-run)' : ''}\n`,
          )
          if (flags.wait && !flags.dryRun) {
            await waitForSet(client, rim, name, isUpToDate)
            rim.err(`ApplicationSet '${name}' resources are up to date\n`)
          }
        }
      },
    )

  appset
    .command('list')
    .description('list ApplicationSets')
    .option('-o, --output <format>', 'wide, name, json or yaml', 'wide')
    .option('-l, --selector <selector>', 'by label')
    .option('-p, --project <name>', 'by project')
    .action(async (flags: Record<string, string>, command: Command) => {
      const list = await clientOf(command, rim).call<{ items: ApplicationSet[] | null }>(routes.applicationSets, {
        query: { selector: flags['selector'], projects: flags['project'] },
      })
      const sets = list.items ?? []
      if (flags['output'] === 'name')
        return rim.out(sets.map((one) => `${one.metadata.namespace}/${one.metadata.name}\n`).join(''))
      if (flags['output'] !== 'wide') {
        const text = structured(flags['output'] ?? '', sets)
        if (text === undefined) throw unknownFormat(flags['output'] ?? '')
        return rim.out(text)
      }
      rim.out(
        table([
          ['NAME', 'PROJECT', 'SYNCPOLICY', 'HEALTH', 'CONDITIONS', 'REPO', 'PATH', 'TARGET'],
          ...sets.map((set) => {
            const source = sources(set)[0]
            return [
              `${set.metadata.namespace}/${set.metadata.name}`,
              set.spec.template?.spec?.project ?? '',
              set.spec.syncPolicy?.applicationsSync ?? 'nil',
              set.status?.health?.status ?? '',
              `[${(set.status?.conditions ?? [])
                .filter((one) => one.status === 'True')
                .map(
                  (one) =>
                    `{${one.type} ${one.message ?? ''} ${one.lastTransitionTime ?? '<nil>'} ${one.status} ${one.reason ?? ''}}`,
                )
                .join(' ')}]`,
              source?.repoURL ?? '',
              source?.path ?? '',
              source?.targetRevision ?? '',
            ]
          }),
        ]),
      )
    })

  appset
    .command('get <name>')
    .description('show one ApplicationSet')
    .option('-o, --output <format>', 'wide, json or yaml', 'wide')
    .action(async (argument: string, flags: Record<string, string>, command: Command) => {
      const set = await clientOf(command, rim).call<ApplicationSet>(routes.applicationSet, paramsOf(argument))
      const format = flags['output'] ?? 'wide'
      if (format !== 'wide') {
        const text = structured(format, set)
        if (text === undefined) throw unknownFormat(format)
        return rim.out(text)
      }
      rim.out(describe(set))
    })

  appset
    .command('generate <file>')
    .description('print the applications that a file would make')
    .option('-o, --output <format>', 'yaml, json or name', 'yaml')
    .action(async (file: string, flags: Record<string, string>, command: Command) => {
      for (const set of readObjects<ApplicationSet>(file)) {
        const made = await clientOf(command, rim).call<{ applications?: Application[] }>(routes.generate, {
          body: { applicationSet: set },
        })
        const applications = made.applications ?? []
        if (flags['output'] === 'name') rim.out(applications.map((one) => `${one.metadata.name ?? ''}\n`).join(''))
        else if (flags['output'] === 'json') rim.out(`${JSON.stringify(applications, undefined, 2)}\n`)
        else rim.out(applications.map((one) => `---\n${toYaml(one)}`).join(''))
      }
    })

  appset
    .command('delete <names...>')
    .description('delete ApplicationSets and their applications')
    .option('-y, --yes', 'do not ask')
    .option('--wait', 'until they are gone')
    .action(async (names: string[], flags: { wait?: boolean }, command: Command) => {
      for (const name of names) {
        const client = clientOf(command, rim)
        await client.call(routes.deleteApplicationSet, paramsOf(name))
        if (flags.wait) await waitForSet(client, rim, name, () => false, true)
        rim.out(`applicationset '${name}' deleted\n`)
      }
    })
}

function describe(set: ApplicationSet): string {
  const spec = set.spec.template?.spec
  const all = sources(set)
  const conditions = [...(set.status?.conditions ?? [])].sort(orderedBy((one) => one.type))
  return [
    field('Name:', `${set.metadata.namespace}/${set.metadata.name}`),
    field('Project:', spec?.project ?? ''),
    field('Server:', spec?.destination?.server || spec?.destination?.name || ''),
    field('Namespace:', spec?.destination?.namespace ?? ''),
    field('Health Status:', set.status?.health?.status ?? ''),
    all.length > 1 ? 'Sources:\n' : 'Source:\n',
    ...all.map(
      (source) =>
        field('- Repo:', source.repoURL) +
        field('  Target:', source.targetRevision ?? '') +
        (source.path ? field('  Path:', source.path) : ''),
    ),
    field('SyncPolicy:', '<none>'),
    conditions.length === 0
      ? ''
      : '\n' +
        table([
          ['CONDITION', 'STATUS', 'MESSAGE', 'LAST TRANSITION'],
          ...conditions.map((one) => [one.type, one.status, one.message ?? '', one.lastTransitionTime ?? '']),
        ]),
  ].join('')
}

const between = 500

/** Looks at an ApplicationSet until it is as wanted, or (where that is wanted) gone. */
async function waitForSet(
  client: Client,
  rim: Rim,
  name: string,
  done: (set: ApplicationSet) => boolean,
  gone = false,
): Promise<void> {
  for (;;) {
    const set = await client.call<ApplicationSet>(routes.applicationSet, paramsOf(name)).catch(absent)
    if (!set && gone) return
    if (!set) throw new CliError(`ApplicationSet "${name}" was deleted before reaching ResourcesUpToDate`, 1)
    if (done(set)) return
    await rim.sleep(between)
  }
}

/** Codes by which the hub says that there is none. */
function absent(error: unknown): undefined {
  if (error instanceof ApiError && [5, 7].includes(error.code)) return undefined
  throw error
}

function isUpToDate(set: ApplicationSet): boolean {
  return (set.status?.conditions ?? []).some(({ type, status }) => type === 'ResourcesUpToDate' && status === 'True')
}
