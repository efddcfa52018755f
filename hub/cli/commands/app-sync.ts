import type { Command } from 'commander'
import type { Application, RetryStrategy, SyncOperation } from '@flotilla/shared/argo/application'
import { adviseOn } from '../app/advice.ts'
import { localOption, localManifests, localRepoRootOption } from '../app/local.ts'
import { diffText, type ManagedResource } from '../app/managed-diff.ts'
import { withOtherManifests } from '../app/manifest-diff.ts'
import { planTable, waitingOf } from '../app/plan.ts'
import { resourceStates } from '../app/states.ts'
import { checkFormat, selected, waitForApplication, type Selector } from '../app/wait.ts'
import { routes } from '@flotilla/shared/api/routes'
import { clientOf, type Rim } from '../context.ts'
import type { Client, Given } from '../client.ts'
import { CliError } from '../errors.ts'
import { structured } from '../print.ts'
import { appAddress, selectedNames } from './app-read.ts'

type Ask = (prompt: string, secret: boolean) => Promise<string>

const collect = (value: string, all: string[] = []): string[] => [...all, value]

/** `[!]GROUP:KIND:[NAMESPACE/]NAME`, `*` for any. */
export function parseSelector(text: string): Selector {
  const exclude = text.startsWith('!')
  const parts = (exclude ? text.slice(1) : text).split(':')
  if (parts.length !== 3) throw new CliError(`resource should have GROUP:KIND:NAME, but instead got: ${text}`)
  const [group = '', kind = '', rest = ''] = parts
  const slash = rest.indexOf('/')
  return {
    exclude,
    group,
    kind,
    namespace: slash < 0 ? '' : rest.slice(0, slash),
    name: slash < 0 ? rest : rest.slice(slash + 1),
  }
}

interface SyncFlags {
  selector?: string
  project?: string[]
  revisions?: string[]
  sourcePositions?: string[]
  revision?: string
  resource?: string[]
  prune?: boolean
  dryRun?: boolean
  force?: boolean
  replace?: boolean
  serverSide?: boolean
  strategy?: string
  applyOutOfSyncOnly?: boolean
  async?: boolean
  local?: string
  localRepoRoot?: string
  previewChanges?: boolean
  assumeYes?: boolean
  info?: string[]
  retryLimit?: string
  retryBackoffDuration?: string
  retryBackoffMaxDuration?: string
  retryBackoffFactor?: string
  retryRefresh?: boolean
  timeout: string
  output: string
  appNamespace?: string
}

/** `app sync|wait|rollback`: what starts an operation or waits for one. */
export function addSyncCommands(app: Command, rim: Rim, ask: Ask): void {
  app
    .command('sync [names...]')
    .description('sync applications to what Git says, and follow it until it is done')
    .option('-l, --selector <selector>', 'those with this label')
    .option('--project <name>', 'those of a project', collect)
    .option('--revision <revision>', 'to another revision')
    .option('--revisions <revision>', 'to other revisions of the sources at --source-positions', collect)
    .option('--source-positions <n>', 'of which sources, counted from 1', collect)
    .option('--resource <selector>', 'only [!]GROUP:KIND:[NAMESPACE/]NAME', collect)
    .option('--prune', 'delete what left Git')
    .option('--dry-run', 'say what would happen')
    .option('--force', 'delete and create where a change is refused')
    .option('--replace', 'replace instead of apply')
    .option('--server-side', 'server-side apply')
    .option('--strategy <strategy>', 'apply or hook')
    .option('--apply-out-of-sync-only', 'only what differs')
    .addOption(localOption("sync this folder instead of the application's in Git; Git is not asked"))
    .addOption(localRepoRootOption())
    .option('--preview-changes', 'show first what differs, and ask')
    .option('--async', 'do not wait')
    .option('--assumeYes', 'do not ask')
    .option('--info <key=value>', 'information kept with the operation', collect)
    .option('--retry-limit <n>', 'how often a failed sync is retried')
    .option('--retry-backoff-duration <duration>', 'first pause', '5s')
    .option('--retry-backoff-max-duration <duration>', 'longest pause', '3m0s')
    .option('--retry-backoff-factor <n>', 'growth of the pause', '2')
    .option('--retry-refresh', 'retries take the newest revision')
    .option('--timeout <seconds>', 'give up after', '0')
    .option('-o, --output <format>', 'wide, tree, tree=detailed, json or yaml', 'wide')
    .option('-N, --app-namespace <namespace>', 'namespace of the applications')
    .action(async (names: string[], flags: SyncFlags, command: Command) => {
      checkFormat(flags.output)
      const client = clientOf(command, rim)
      const found = await selectedNames(client, { selector: flags.selector, projects: flags.project })
      const all = [...names, ...found]
      if (all.length === 0) {
        if (!flags.selector && !flags.project) {
          command.outputHelp()
          throw new CliError('', 1)
        }
        const selector = flags.selector ? ` selector ${flags.selector}` : ''
        const projects = flags.project ? ` projects [${flags.project.join(' ')}]` : ''
        throw new CliError(`No matching apps found for filter:${selector}${projects}`, 1)
      }
      for (const name of all) await syncOne(client, rim, ask, name, flags)
    })

  app
    .command('wait [names...]')
    .description('wait until applications are synced and healthy, and no operation runs')
    .option('-l, --selector <selector>', 'those with this label')
    .option('--sync', 'for sync')
    .option('--health', 'for health')
    .option('--operation', 'for the operation to end')
    .option('--suspended', 'for suspension')
    .option('--degraded', 'for degradation')
    .option('--delete', 'for deletion')
    .option('--resource <selector>', 'only [!]GROUP:KIND:[NAMESPACE/]NAME', collect)
    .option('--timeout <seconds>', 'give up after', '0')
    .option('-o, --output <format>', 'wide, tree, tree=detailed, json or yaml', 'wide')
    .option('-N, --app-namespace <namespace>', 'namespace of the applications')
    .action(async (names: string[], flags: Record<string, boolean | string | string[]>, command: Command) => {
      checkFormat(String(flags['output']))
      const on = (key: string): boolean => flags[key] === true
      const any = ['sync', 'health', 'operation', 'suspended', 'degraded', 'delete'].some(on)
      const selector = flags['selector'] as string | undefined
      const all = [...names, ...(await selectedNames(clientOf(command, rim), { selector }))]
      if (all.length === 0) {
        // There is nothing to wait for.
        if (selector) return
        command.outputHelp()
        throw new CliError('', 1)
      }
      for (const argument of all) {
        const { name, query } = appAddress(argument, flags['appNamespace'] as string | undefined)
        const { app: final } = await waitForApplication({
          client: clientOf(command, rim),
          rim,
          name,
          ...(query['appNamespace'] ? { appNamespace: query['appNamespace'] } : {}),
          wait: any
            ? {
                sync: on('sync'),
                health: on('health'),
                operation: on('operation'),
                suspended: on('suspended'),
                degraded: on('degraded'),
                deleted: on('delete'),
              }
            : { sync: true, health: true, operation: true, suspended: false, degraded: false, deleted: false },
          selectors: ((flags['resource'] as string[] | undefined) ?? []).map(parseSelector),
          timeoutSeconds: Number(flags['timeout']),
          format: String(flags['output']),
        })
        rim.out(structured(String(flags['output']), final) ?? '')
      }
    })

  app
    .command('rollback <name> [id]')
    .description('go back to a past deployment (see `app history`), the one before where no ID is given')
    .option('--prune', 'delete what that deployment did not have')
    .option('--in-git', 'commit the old state to the branch instead of syncing it; works with automated sync too')
    .option('--timeout <seconds>', 'give up after', '0')
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .action(
      async (
        argument: string,
        id: string | undefined,
        flags: { prune?: boolean; inGit?: boolean; timeout: string; appNamespace?: string },
        command: Command,
      ) => {
        const client = clientOf(command, rim)
        const { name, params, query } = appAddress(argument, flags.appNamespace)
        if (id !== undefined && !/^[+-]?\d+$/.test(id)) {
          throw new CliError(`strconv.Atoi: parsing ${JSON.stringify(id)}: invalid syntax`)
        }
        const one = await client.call<Application>(routes.application, { params, query })
        const history = one.status?.history ?? []
        const entry = id === undefined ? history.at(-2) : history.find((past) => String(past.id) === id)
        if (!entry) {
          throw new CliError(
            id === undefined
              ? `Application '${name}' should have at least two successful deployments`
              : `application '${name}' does not have deployment id '${id}' in history`,
          )
        }
        if (flags.inGit) {
          const body = { name, id: entry.id, inGit: true, ...query }
          const made = await client.call<{ commit: string; branch: string }>(routes.rollback, { params, body })
          rim.out(`Committed ${made.commit} to ${made.branch}`)
          return
        }
        const body = { name, id: entry.id, prune: flags.prune ?? false, ...query }
        await client.call(routes.rollback, { params, body })
        await waitForApplication({
          client,
          rim,
          name,
          wait: { sync: false, health: false, operation: true, suspended: false, degraded: false, deleted: false },
          selectors: [],
          timeoutSeconds: Number(flags.timeout),
          format: 'wide',
        })
      },
    )
}

/** Rows with their health: answers to writes leave that out. */
function healthOf({ status }: Application): Pick<NonNullable<Application['status']>, 'resources'> {
  return status?.resources ? { resources: status.resources } : {}
}

/** Starts one sync and follows it; throws as the shell should see it. */
async function syncOne(client: Client, rim: Rim, ask: Ask, argument: string, flags: SyncFlags): Promise<void> {
  const { name, params, query } = appAddress(argument, flags.appNamespace)
  const selectors = (flags.resource ?? []).map(parseSelector)
  const resources =
    selectors.length > 0 ? await chosen(client, { params, query }, flags.resource ?? [], selectors) : undefined
  const manifests = flags.local ? await fromDisk(client, { params, query }, flags) : undefined
  if (flags.previewChanges && !(await previewed(client, rim, ask, { params, query }, flags))) return
  const verbose = flags.output !== 'json' && flags.output !== 'yaml'
  // However fast the operation is, what it began with is told.
  const before = verbose ? await client.call<Application>(routes.application, { params, query }) : undefined
  const begun = await client.call<Application>(routes.sync, {
    params,
    body: {
      name,
      ...query,
      ...syncRequest(flags),
      ...(resources ? { resources } : {}),
      ...(manifests ? { manifests } : {}),
    },
  })
  if (flags.async) return
  const { app, operationState } = await waitForApplication({
    client,
    rim,
    name,
    wait: { sync: false, health: false, operation: true, suspended: false, degraded: false, deleted: false },
    selectors,
    timeoutSeconds: Number(flags.timeout),
    format: flags.output,
    from: before && { ...begun, status: { ...begun.status, ...healthOf(before) } },
  })
  rim.out(structured(flags.output, app) ?? '')
  if (flags.dryRun) {
    const plan = verbose ? planTable(app, (await waitingOf(client, { params, query })).plan) : ''
    if (plan !== '') rim.out(`\n${plan}`)
    return
  }
  if (operationState && operationState.phase !== 'Succeeded') {
    adviseOn(operationState, rim)
    throw new CliError(`Operation has completed with phase: ${operationState.phase}`, 1)
  }
  if (!resources && app.status?.sync?.status !== 'Synced') {
    const pending = (app.status?.resources ?? []).filter((row) => row.requiresPruning).length
    if (pending > 0) throw new CliError(`${pending} resources require pruning`, 1)
  }
}

async function fromDisk(client: Client, address: Given, flags: SyncFlags): Promise<string[]> {
  const app = await client.call<Application>(routes.application, address)
  const automated = app.spec.syncPolicy?.automated
  if (automated && automated.enabled !== false && !flags.dryRun) {
    throw new CliError('Cannot use local sync when Automatic Sync Policy is enabled except with --dry-run', 1)
  }
  return localManifests(client, app, flags, true)
}

/** Shows what a sync would change; whether it is to go on. */
async function previewed(client: Client, rim: Rim, ask: Ask, address: Given, flags: SyncFlags): Promise<boolean> {
  const app = await client.call<Application>(routes.application, address)
  const managed = (await client.call<{ items?: ManagedResource[] }>(routes.managedResources, address)).items ?? []
  const texts = flags.local
    ? await localManifests(client, app, flags)
    : flags.revision
      ? await client
          .call<{ manifests?: string[] }>(routes.manifests, {
            ...address,
            query: { ...address.query, revision: flags.revision },
          })
          .then(({ manifests = [] }) => manifests)
      : undefined
  const name = `${app.metadata.namespace ?? 'argocd'}/${app.metadata.name ?? ''}`
  rim.out(`====== Previewing differences between live and desired state of application ${name} ======\n`)
  const text = diffText(texts ? await withOtherManifests(client, address, managed, { manifests: texts }) : managed)
  rim.out(text === '' ? '====== No Differences found ======\n' : text)
  if (text === '' || flags.assumeYes) return text !== ''
  return /^y(es)?$/i.test(
    (
      await ask(
        'Please review changes to application ' +
          name +
          ' shown above. Do you want to continue the sync process? (y/n): ',
        false,
      )
    ).trim(),
  )
}

/** The resources of the application that the selectors name. */
async function chosen(
  client: Client,
  address: Given,
  texts: readonly string[],
  selectors: readonly Selector[],
): Promise<{ group: string; kind: string; name: string; namespace: string }[]> {
  const states = selected(resourceStates(await client.call<Application>(routes.application, address)), selectors)
  if (states.length === 0)
    throw new CliError(`No matching app resources found for resource filter: ${texts.join(', ')}`, 1)
  return states.map(({ group, kind, name, namespace }) => ({ group, kind, name, namespace }))
}

function positions({ revisions = [], sourcePositions = [] }: SyncFlags): number[] {
  const all = sourcePositions.flatMap((text) => text.split(',')).map(Number)
  if (all.length !== revisions.length) {
    throw new CliError(
      'While using --revisions and --source-positions, length of values for both flags should be same.',
    )
  }
  if (all.some((position) => !(position > 0)))
    throw new CliError('source-position cannot be less than or equal to 0, Counting starts at 1')
  return all
}

function syncRequest(flags: SyncFlags): Record<string, unknown> {
  const force = flags.force ? { force: true } : {}
  const strategy: SyncOperation['syncStrategy'] =
    flags.strategy === 'apply'
      ? { apply: force }
      : flags.strategy === 'hook' || flags.strategy === undefined
        ? { hook: force }
        : undefined
  if (!strategy) throw new CliError(`Unknown sync strategy: '${flags.strategy}'`, 1)
  const items = [
    ...(flags.replace ? ['Replace=true'] : []),
    ...(flags.serverSide ? ['ServerSideApply=true'] : []),
    ...(flags.applyOutOfSyncOnly ? ['ApplyOutOfSyncOnly=true'] : []),
  ]
  const retry: RetryStrategy | undefined =
    flags.retryLimit === undefined
      ? undefined
      : {
          limit: Number(flags.retryLimit),
          ...(flags.retryRefresh ? { refresh: true } : {}),
          backoff: {
            duration: flags.retryBackoffDuration ?? '5s',
            maxDuration: flags.retryBackoffMaxDuration ?? '3m0s',
            factor: Number(flags.retryBackoffFactor ?? 2),
          },
        }
  return {
    ...(flags.revision ? { revision: flags.revision } : {}),
    ...(flags.revisions ? { revisions: flags.revisions, sourcePositions: positions(flags) } : {}),
    prune: flags.prune ?? false,
    dryRun: flags.dryRun ?? false,
    strategy,
    ...(items.length > 0 ? { syncOptions: { items } } : {}),
    ...(retry ? { retryStrategy: retry } : {}),
    ...(flags.info
      ? { infos: flags.info.map((text) => ({ name: text.split('=', 1)[0], value: text.slice(text.indexOf('=') + 1) })) }
      : {}),
  }
}
