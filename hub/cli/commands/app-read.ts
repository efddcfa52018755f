import type { Command } from 'commander'
import type { Application } from '@flotilla/shared/argo/application'
import { isUnderWay, sourcesOf } from '@flotilla/shared/argo/application'
import { localOption, localManifests, localRepoRootOption, type LocalFlags } from '../app/local.ts'
import { diffText, type ManagedResource } from '../app/managed-diff.ts'
import { isSecretItem, withOtherManifests } from '../app/manifest-diff.ts'
import { planTable, waitingOf, waitLines } from '../app/plan.ts'
import { operationLines, resourceTable, summary } from '../app/summary.ts'
import { adviseOn } from '../app/advice.ts'
import { resourceRows, treeTable, type ResourceTree, type TreeNode } from '../app/tree.ts'
import { windowState } from '../app/wait.ts'
import { routes } from '@flotilla/shared/api/routes'
import type { Client } from '../client.ts'
import { clientOf, type Rim } from '../context.ts'
import { ApiError, CliError } from '../errors.ts'
import { structured, toYaml, unknownFormat } from '../print.ts'
import { longTime, table } from '../table.ts'

const collect = (value: string, all: string[] | undefined): string[] => [...(all ?? []), value]

/** Reads a flag's number, and refuses other words as argocd does. */
const wholeNumber =
  (flag: string) =>
  (value: string): string => {
    if (/^[+-]?\d+$/.test(value)) return value
    const why = `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`
    throw new CliError(`invalid argument "${value}" for "${flag}" flag: ${why}`, 1)
  }

/** `namespace/name` or a name → what fills the routes of an application. */
export function appAddress(argument: string, flagNamespace?: string): AppAddress {
  const slash = argument.indexOf('/')
  const name = slash < 0 ? argument : argument.slice(slash + 1)
  const namespace = slash < 0 ? flagNamespace : argument.slice(0, slash)
  return {
    name,
    params: { name },
    query: namespace ? { appNamespace: namespace } : {},
  }
}

/** The names of the applications that a selector or projects name, with their namespaces; none where neither is given. */
export async function selectedNames(
  client: Client,
  by: { readonly selector?: string | undefined; readonly projects?: readonly string[] | undefined },
): Promise<string[]> {
  if (!by.selector && !by.projects) return []
  const list = await client.call<{ items: Application[] | null }>(routes.applications, { query: by })
  return (list.items ?? []).map(({ metadata }) => `${metadata.namespace ?? 'argocd'}/${metadata.name ?? ''}`)
}

interface AppAddress {
  readonly name: string
  readonly params: { readonly name: string }
  readonly query: Readonly<Record<string, string>>
}

const policy = (app: Application): string => {
  const automated = app.spec.syncPolicy?.automated
  if (!automated || automated.enabled === false) return 'Manual'
  return automated.prune ? 'Auto-Prune' : 'Auto'
}

function conditions(app: Application): string {
  const counts = new Map<string, number>()
  for (const one of app.status?.conditions ?? []) counts.set(one.type, (counts.get(one.type) ?? 0) + 1)
  if (counts.size === 0) return '<none>'
  return [...counts].map(([type, count]) => (count > 1 ? `${type}(${count})` : type)).join(',')
}

function listTable(apps: readonly Application[]): string {
  return table([
    [
      'NAME',
      'CLUSTER',
      'NAMESPACE',
      'PROJECT',
      'STATUS',
      'HEALTH',
      'SYNCPOLICY',
      'CONDITIONS',
      'REPO',
      'PATH',
      'TARGET',
    ],
    ...apps.map((app) => {
      const source = sourcesOf(app.spec)[0]
      return [
        `${app.metadata.namespace ?? 'argocd'}/${app.metadata.name ?? ''}`,
        app.spec.destination?.server || app.spec.destination?.name || '',
        app.spec.destination?.namespace ?? '',
        app.spec.project ?? 'default',
        app.status?.sync?.status ?? 'Unknown',
        app.status?.health?.status ?? 'Unknown',
        policy(app),
        conditions(app),
        source?.repoURL ?? '',
        source?.path ?? '',
        source?.targetRevision ?? '',
      ]
    }),
  ])
}

/** `app list|get|diff|history|resources|manifests|logs`: what only reads. */
export function addReadCommands(app: Command, rim: Rim): void {
  app
    .command('list')
    .description('list applications')
    .option('-o, --output <format>', 'wide, name, json or yaml', 'wide')
    .option('-l, --selector <selector>', 'by label')
    .option('-p, --project <name>', 'by project', collect)
    .option('-r, --repo <url>', 'by repository')
    .option('-c, --cluster <cluster>', 'by destination, name or URL')
    .option('-P, --path <path>', 'by path in the repository')
    .option('-N, --app-namespace <namespace>', 'of one namespace')
    .action(async (flags: Record<string, string> & { project?: string[] }, command: Command) => {
      const list = await clientOf(command, rim).call<{ items: Application[] | null }>(routes.applications, {
        query: {
          selector: flags['selector'],
          projects: flags.project,
          repo: flags['repo'],
          appNamespace: flags['appNamespace'],
        },
      })
      const cluster = flags['cluster']
      const path = flags['path']
      const apps = (list.items ?? []).filter(
        (one) =>
          (!cluster || one.spec.destination?.name === cluster || one.spec.destination?.server === cluster) &&
          (!path || sourcesOf(one.spec).some((source) => source.path === path)),
      )
      const format = flags['output'] ?? 'wide'
      if (format === 'name') rim.out(apps.map((one) => `${one.metadata.namespace}/${one.metadata.name}\n`).join(''))
      else if (format === 'wide' || format === '') rim.out(listTable(apps))
      else rim.out(structured(format, apps) ?? fail(unknownFormat(format)))
    })

  app
    .command('get <name>')
    .description('show one application: where it stands, resource by resource')
    .option('-o, --output <format>', 'wide, tree, tree=detailed, json or yaml', 'wide')
    .option('--refresh', 'compare anew first')
    .option('--hard-refresh', 'render anew too, past all caches')
    .option('--show-operation', 'with the last operation')
    .option('--show-params', 'with parameters')
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .action(async (argument: string, flags: Record<string, string | boolean>, command: Command) => {
      const client = clientOf(command, rim)
      const { name, params, query } = appAddress(argument, flags['appNamespace'] as string | undefined)
      const refresh = flags['hardRefresh'] ? 'hard' : flags['refresh'] ? 'normal' : undefined
      const one = await client.call<Application>(routes.application, { params, query: { ...query, refresh } })
      const format = String(flags['output'])
      const text = structured(format, one)
      if (text !== undefined) return rim.out(text)
      const tree = format.startsWith('tree')
      if (!tree && format !== 'wide' && format !== '') throw unknownFormat(format)
      const told = await waitingOf(client, { params, query })
      rim.out(summary(one, client.url, await windowState(client, name)) + waitLines(told))
      if (flags['showOperation']) rim.out('\n' + operationLines(one.status?.operationState, rim.now()))
      if (flags['showParams']) rim.out(parameters(one))
      if (tree) {
        const nodes = await client.call<ResourceTree>(routes.resourceTree, { params, query })
        rim.out('\n' + treeTable(one, nodes, format === 'tree=detailed', rim.now()))
      } else if ((one.status?.resources ?? []).length > 0) rim.out('\n' + resourceTable(one))
      const plan = isUnderWay(one.status?.operationState) ? planTable(one, told.plan) : ''
      if (plan !== '') rim.out('\n' + plan)
      adviseOn(one.status?.operationState, rim, told.advice)
    })

  app
    .command('diff <name>')
    .description('show what differs between Git and the cluster; exit code 1 where something does')
    .option('--refresh', 'compare anew first')
    .option('--hard-refresh', 'render anew too')
    .option('--exit-code', 'exit with 1 where there are differences (--exit-code=false: do not)', true)
    .option('--diff-exit-code <n>', 'which code says that there are differences', '1')
    .addOption(localOption("compare with this folder instead of the application's in Git"))
    .addOption(localRepoRootOption())
    .option('--revision <revision>', 'compare with another revision of Git')
    .option('--server-side-diff', 'compare with what the API server would make of the manifests, by dry runs')
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .action(async (argument: string, flags: Record<string, string | boolean>, command: Command) => {
      const client = clientOf(command, rim)
      const { params, query } = appAddress(argument, flags['appNamespace'] as string | undefined)
      const refresh = flags['hardRefresh'] ? 'hard' : flags['refresh'] ? 'normal' : undefined
      const one = await client.call<Application>(routes.application, { params, query: { ...query, refresh } })
      const managed = await client.call<{ items?: ManagedResource[] }>(routes.managedResources, { params, query })
      const serverSide = flags['serverSideDiff'] === true
      const other = (manifests: readonly string[]): Promise<ManagedResource[]> =>
        withOtherManifests(client, { params, query }, managed.items ?? [], { manifests, serverSide })
      let items = managed.items ?? []
      const { revision } = flags
      if (flags['local']) items = await other(await localManifests(client, one, flags as LocalFlags))
      else if (revision !== undefined) {
        const asked = { params, query: { ...query, revision } }
        const { manifests = [] } = await client.call<{ manifests?: string[] }>(routes.manifests, asked)
        items = [...(await other(manifests)), ...items.filter(isSecretItem)]
      } else if (serverSide) {
        const wanted = items.flatMap(({ targetState = 'null' }) => (targetState === 'null' ? [] : [targetState]))
        items = [...(await other(wanted)), ...items.filter(isSecretItem)]
      }
      const text = diffText(items)
      rim.out(text)
      if (text !== '' && flags['exitCode'] !== false) throw new CliError('', Number(flags['diffExitCode']))
    })

  app
    .command('history <name>')
    .description('show past deployments')
    .option('-o, --output <format>', 'wide or id', 'wide')
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .action(async (argument: string, flags: Record<string, string>, command: Command) => {
      const { params, query } = appAddress(argument, flags['appNamespace'])
      const one = await clientOf(command, rim).call<Application>(routes.application, { params, query })
      const history = one.status?.history ?? []
      if (flags['output'] === 'id') return rim.out(history.map((entry) => `${entry.id}\n`).join(''))
      if (history.length === 0) return
      const source = history[0]?.source ?? history[0]?.sources?.[0]
      rim.out(
        table([
          ['SOURCE', source?.repoURL ?? ''],
          ['ID', 'DATE', 'REVISION'],
          ...history.map((entry) => {
            const target = entry.source?.targetRevision ?? entry.sources?.[0]?.targetRevision ?? ''
            const revision = entry.revision ?? entry.revisions?.[0] ?? ''
            return [
              String(entry.id),
              longTime(entry.deployedAt),
              revision ? `${target} (${revision.slice(0, 7)})` : target,
            ]
          }),
        ]),
      )
    })

  app
    .command('resources <name>')
    .description('list the resources of an application')
    .option('--orphaned', 'those that no application owns, only')
    .option('--output <format>', 'tree or tree=detailed')
    .option('--project <name>', 'project of the application')
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .action(async (argument: string, flags: Record<string, string | boolean>, command: Command) => {
      const { params, query } = appAddress(argument, flags['appNamespace'] as string | undefined)
      const project = flags['project'] as string | undefined
      const given = { params, query: { ...query, project } }
      const tree = await clientOf(command, rim).call<ResourceTree>(routes.resourceTree, given)
      const own = flags['orphaned'] ? [] : (tree.nodes ?? [])
      const orphans = tree.orphanedNodes ?? []
      const header = ['GROUP', 'KIND', 'NAMESPACE', 'NAME', 'ORPHANED']
      const output = flags['output']
      if (output === 'tree' || output === 'tree=detailed') {
        const now = output === 'tree' ? undefined : rim.now()
        const more = now === undefined ? [] : ['AGE', 'HEALTH', 'REASON']
        const rows = [...resourceRows(own, false, now), ...resourceRows(orphans, true, now)]
        return rim.out(table([[...header, ...more], ...rows]))
      }
      const row = (node: TreeNode, orphaned: string): string[] =>
        [node.group ?? '', node.kind, node.namespace ?? '', node.name, orphaned] // prettier-ignore
      const rows = own.filter((node) => (node.parentRefs ?? []).length === 0).map((node) => row(node, 'No'))
      for (const node of orphans) rows.push(row(node, 'Yes'))
      rim.out(table([header, ...rows]))
    })

  app
    .command('manifests <name>')
    .description('print the manifests of an application')
    .option('--source <source>', 'git, live or local', 'git')
    .option('--revision <revision>', 'of another revision')
    .addOption(localOption("made of this folder instead of the application's in Git"))
    .addOption(localRepoRootOption())
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .action(async (argument: string, flags: Record<string, string>, command: Command) => {
      const client = clientOf(command, rim)
      const { params, query } = appAddress(argument, flags['appNamespace'])
      const one = await client.call<Application>(routes.application, { params, query })
      const { source = 'git', local = source === 'local' ? '.' : undefined } = flags
      if (!['git', 'live', 'local'].includes(source)) throw new CliError(`Unknown source type '${source}'`, 1)
      const managed = async (side: 'targetState' | 'liveState'): Promise<string[]> => {
        const { items } = await client.call<{ items?: ManagedResource[] }>(routes.managedResources, { params, query })
        return (items ?? []).map((item) => item[side] ?? 'null')
      }
      const rendered = async (revision: string | undefined): Promise<string[]> => {
        const asked = { params, query: { ...query, revision } }
        return (await client.call<{ manifests?: string[] }>(routes.manifests, asked)).manifests ?? []
      }
      const { revision } = flags
      let texts: readonly string[]
      if (source === 'live') texts = await managed('liveState')
      else if (local !== undefined) texts = await localManifests(client, one, { ...flags, local })
      // As they would be applied, which is without hooks, where no other revision is asked for.
      else {
        // What no agent has compared yet, or can be asked about, can only be rendered.
        const applied = revision === undefined ? await managed('targetState').catch(() => []) : []
        texts = applied.length > 0 ? applied : await rendered(revision)
      }
      for (const text of texts) if (text !== 'null') rim.out(`---\n${toYaml(JSON.parse(text))}\n`)
    })

  app
    .command('logs <name>')
    .description("print the logs of an application's pods")
    .option('-f, --follow', 'go on as they come')
    .option('--tail <lines>', 'only the last lines', wholeNumber('--tail'))
    .option('--since-seconds <seconds>', 'only newer ones', wholeNumber('--since-seconds'))
    .option('-c, --container <name>', 'of one container')
    .option('-p, --previous', 'of the container before')
    .option('--until-time <time>', 'only older ones (RFC 3339)')
    .option('--filter <text>', 'only lines that hold this; with a leading ! those that do not')
    .option('-m, --match-case', 'tell capitals apart in the filter')
    .option('--group <group>', 'of the pods of one resource')
    .option('--kind <kind>', 'of the pods of one resource')
    .option('--namespace <namespace>', 'of the pods of one resource')
    .option('--name <name>', 'of the pods of one resource')
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .addHelpText(
      'after',
      '\nExamples:\n  flotilla app logs web --follow\n  flotilla app logs web --kind Deployment --name front --tail 100\n',
    )
    .action(async (argument: string, flags: Record<string, string | boolean>, command: Command) => {
      const { params, query } = appAddress(argument, flags['appNamespace'] as string | undefined)
      const asked = {
        ...query,
        follow: flags['follow'],
        tailLines: flags['tail'],
        sinceSeconds: flags['sinceSeconds'],
        untilTime: flags['untilTime'],
        filter: flags['filter'],
        matchCase: flags['matchCase'],
        container: flags['container'],
        previous: flags['previous'],
        group: flags['group'],
        kind: flags['kind'],
        namespace: flags['namespace'],
        resourceName: flags['name'],
      }
      const { signal } = new AbortController()
      const given = { params, query: asked }
      const entries = clientOf(command, rim).stream<{ content?: string; last?: boolean }>(routes.logs, given, signal)
      try {
        for await (const entry of entries) if (!entry.last) rim.out(`${entry.content ?? ''}\n`)
      } catch (error) {
        if (error instanceof ApiError) throw new CliError(`stream read failed: ${error.message}`, 1)
        throw error
      }
    })
}

function parameters(app: Application): string {
  const all = sourcesOf(app.spec).flatMap((source) => source.helm?.parameters ?? [])
  return all.length === 0
    ? ''
    : '\n' + table([['NAME', 'VALUE'], ...all.map((one) => [one.name ?? '', one.value ?? ''])])
}

function fail(error: Error): never {
  throw error
}
