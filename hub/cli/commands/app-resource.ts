import type { Command } from 'commander'
import { routes } from '@flotilla/shared/api/routes'
import { clientOf, type Rim } from '../context.ts'
import type { Client } from '../client.ts'
import { CliError } from '../errors.ts'
import { table } from '../table.ts'
import { appAddress } from './app-read.ts'
import type { ResourceTree, TreeNode } from '../app/tree.ts'

interface ResourceFlags {
  group?: string
  kind?: string
  namespace?: string
  resourceName?: string
  all?: boolean
  patch?: string
  patchType?: string
  force?: boolean
  orphan?: boolean
  out?: string
}

const withTarget = (command: Command): Command =>
  command
    .option('--group <group>', 'API group of the resource')
    .option('--kind <kind>', 'kind of the resource')
    .option('--namespace <namespace>', 'namespace of the resource')
    .option('--resource-name <name>', 'name of the resource')
    .option('--all', 'all that match')

/** `app actions list|run`, `app patch-resource|delete-resource|get-resource`: one resource through its application. */
export function addResourceCommands(app: Command, rim: Rim): void {
  const actions = app.command('actions').description('actions of resources: restart, pause, …')
  withTarget(actions.command('list <name>').description('list what can be done')).action(
    async (argument: string, flags: ResourceFlags, command: Command) => {
      const client = clientOf(command, rim)
      const { params, query } = appAddress(argument)
      const rows: string[][] = []
      for (const node of await targets(client, argument, flags, true)) {
        const found = await client.call<{ actions?: { name: string; disabled?: boolean }[] }>(routes.actions, {
          params,
          query: { ...query, ...address(node) },
        })
        for (const one of found.actions ?? [])
          rows.push([node.group ?? '', node.kind, node.name, one.name, String(one.disabled ?? false)])
      }
      rim.out(table([['GROUP', 'KIND', 'NAME', 'ACTION', 'DISABLED'], ...rows]))
    },
  )
  withTarget(actions.command('run <name> <action>').description('do it')).action(
    async (argument: string, action: string, flags: ResourceFlags, command: Command) => {
      const client = clientOf(command, rim)
      const { name, params, query } = appAddress(argument)
      for (const node of await targets(client, argument, flags, flags.all ?? false)) {
        await client.call(routes.runAction, { params, body: { name, ...query, ...address(node), action } })
      }
    },
  )

  withTarget(app.command('patch-resource <name>').description('patch one live resource'))
    .requiredOption('--patch <patch>', 'the patch')
    .option('--patch-type <type>', 'media type of the patch', 'application/merge-patch+json')
    .action(async (argument: string, flags: ResourceFlags, command: Command) => {
      const client = clientOf(command, rim)
      const { params, query } = appAddress(argument)
      for (const node of await targets(client, argument, flags, flags.all ?? false)) {
        await client.call(routes.patchResource, {
          params,
          body: flags.patch,
          query: { ...query, ...address(node), patchType: flags.patchType },
        })
        rim.err(`info: Resource '${node.name}' patched\n`)
      }
    })

  withTarget(app.command('delete-resource <name>').description('delete one live resource'))
    .option('--force', 'without grace')
    .option('--orphan', 'leave its dependents')
    .action(async (argument: string, flags: ResourceFlags, command: Command) => {
      const client = clientOf(command, rim)
      const { params, query } = appAddress(argument)
      for (const node of await targets(client, argument, flags, flags.all ?? false)) {
        await client.call(routes.deleteResource, {
          params,
          query: { ...query, ...address(node), force: flags.force, orphan: flags.orphan },
        })
        rim.err(`info: Resource '${node.name}' deleted\n`)
      }
    })

  withTarget(app.command('get-resource <name>').description('print one live resource')).action(
    async (argument: string, flags: ResourceFlags, command: Command) => {
      const client = clientOf(command, rim)
      const { params, query } = appAddress(argument)
      for (const node of await targets(client, argument, flags, true)) {
        const live = await client.call<{ manifest?: string }>(routes.resource, {
          params,
          query: { ...query, ...address(node) },
        })
        rim.out(`${JSON.stringify(JSON.parse(live.manifest ?? 'null'), undefined, 2)}\n`)
      }
    },
  )
}

function address(node: TreeNode): Record<string, string> {
  return {
    namespace: node.namespace ?? '',
    resourceName: node.name,
    version: node.version ?? '',
    group: node.group ?? '',
    kind: node.kind,
  }
}

/** The nodes of the application's tree that the flags name; exactly one unless `many`. */
async function targets(client: Client, argument: string, flags: ResourceFlags, many: boolean): Promise<TreeNode[]> {
  const { params, query } = appAddress(argument)
  const tree = await client.call<ResourceTree>(routes.resourceTree, { params, query })
  const found = (tree.nodes ?? []).filter(
    (node) =>
      (!flags.kind || node.kind === flags.kind) &&
      (flags.group === undefined || (node.group ?? '') === flags.group) &&
      (!flags.namespace || node.namespace === flags.namespace) &&
      (!flags.resourceName || node.name === flags.resourceName),
  )
  if (found.length === 0) throw new CliError('No matching resource found')
  if (found.length > 1 && !many)
    throw new CliError('Multiple resources match inputs. Use the --all flag to act on all of them')
  return found
}
