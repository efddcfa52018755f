import type { Command } from 'commander'
import { routes } from '@flotilla/shared/api/routes'
import { gvkOf } from '@flotilla/shared/k8s/gvk'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { ManagedResource } from '../app/managed-diff.ts'
import { clientOf, type Rim } from '../context.ts'
import type { Client } from '../client.ts'
import { CliError } from '../errors.ts'
import { structured } from '../print.ts'
import { showObjects, type ShowFlags } from '../show-objects.ts'
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
  param?: string[]
  project?: string
  appNamespace?: string
}

const withTarget = (command: Command): Command =>
  command
    .option('--group <group>', 'API group of the resource')
    .option('--kind <kind>', 'kind of the resource')
    .option('--namespace <namespace>', 'namespace of the resource')
    .option('--resource-name <name>', 'name of the resource')
    .option('--all', 'all that match')
    .option('--project <name>', 'project of the application: says "not found" of one that is not there')
    .option('-N, --app-namespace <namespace>', 'namespace of the application')

/** `app actions list|run`, `app patch-resource|delete-resource|get-resource`: one resource through its application. */
export function addResourceCommands(app: Command, rim: Rim): void {
  const actions = app.command('actions').description('actions of resources: restart, pause, …')
  withTarget(actions.command('list <name>').description('list what can be done'))
    .option('-o, --out <format>', 'json or yaml')
    .action(async (argument: string, flags: ResourceFlags, command: Command) => {
      const client = clientOf(command, rim)
      const { params, query } = addressOf(argument, flags)
      const all: { Group: string; Kind: string; Name: string; Action: string; Disabled: boolean }[] = []
      const nodes = await targets(client, argument, flags, true)
      for (const node of nodes) {
        const asked = { params, query: { ...query, ...address(node) } }
        const found = await client.call<Offered>(routes.actions, asked).catch((error: unknown) => {
          if (!(error instanceof CliError) || nodes.length === 1) throw error
          // One object that cannot be asked keeps nobody from seeing what can be done with the others.
          rim.err(`warning: ${node.kind} ${node.name}: ${error.message}\n`)
          return { actions: [] }
        })
        for (const one of found.actions ?? []) {
          const disabled = one.disabled ?? false
          all.push({ Group: node.group ?? '', Kind: node.kind, Name: node.name, Action: one.name, Disabled: disabled })
        }
      }
      if (flags.out) return rim.out(structured(flags.out, all) ?? '')
      const rows = all.map((one) => Object.values(one).map(String))
      rim.out(table([['GROUP', 'KIND', 'NAME', 'ACTION', 'DISABLED'], ...rows]))
    })
  withTarget(actions.command('run <name> <action>').description('do it'))
    .option('--param <name=value>', 'a parameter of the action (may be given several times)', collect)
    .addHelpText(
      'after',
      '\nExample:\n  flotilla app actions run web scale --kind Deployment --resource-name front --param replicas=3\n',
    )
    .action(async (argument: string, action: string, flags: ResourceFlags, command: Command) => {
      const client = clientOf(command, rim)
      const { name, params, query } = addressOf(argument, flags)
      const given = (flags.param ?? []).map(parameterOf)
      for (const node of await targets(client, argument, flags, flags.all ?? false)) {
        const body = {
          name,
          ...query,
          ...address(node),
          action,
          ...(given.length > 0 && { resourceActionParameters: given }),
        }
        await client.call(routes.runAction, { params, body })
      }
    })

  withTarget(app.command('patch-resource <name>').description('patch one live resource'))
    .requiredOption('--patch <patch>', 'the patch')
    .option('--patch-type <type>', 'media type of the patch', 'application/merge-patch+json')
    .action(async (argument: string, flags: ResourceFlags, command: Command) => {
      const client = clientOf(command, rim)
      const { params, query } = addressOf(argument, flags)
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
      const { params, query } = addressOf(argument, flags)
      for (const node of await targets(client, argument, flags, flags.all ?? false)) {
        await client.call(routes.deleteResource, {
          params,
          query: { ...query, ...address(node), force: flags.force, orphan: flags.orphan },
        })
        rim.err(`info: Resource '${node.name}' deleted\n`)
      }
    })

  withTarget(app.command('get-resource <name>').description('show live resources of one kind'))
    .option('--filter-fields <fields>', 'only these fields, by comma')
    .option('--show-managed-fields', 'with who owns which field')
    .option('-o, --output <format>', 'wide, json or yaml', 'wide')
    .addHelpText(
      'after',
      '\nExample:\n  flotilla app get-resource web --kind Pod --filter-fields status.podIP,status.phase\n',
    )
    .action(async (argument: string, flags: ResourceFlags & ShowFlags, command: Command) => {
      if (!flags.kind) throw new CliError('required flag(s) "kind" not set', 1)
      const client = clientOf(command, rim)
      const { params, query } = addressOf(argument, flags)
      const nodes = await nodesOf(client, argument, flags)
      const objects: KubeObject[] = []
      for (const node of nodes) {
        const live = await client.call<{ manifest?: string }>(routes.resource, {
          params,
          query: { ...query, ...address(node) },
        })
        objects.push(JSON.parse(live.manifest ?? 'null') as KubeObject)
      }
      rim.out(showObjects(objects, flags))
      rim.err(`info: Resources '${nodes.map((node) => node.name).join(', ')}' fetched\n`)
    })
}

interface Offered {
  readonly actions?: { name: string; disabled?: boolean }[]
}

const collect = (value: string, all: string[] | undefined): string[] => [...(all ?? []), value]

function parameterOf(text: string): { name: string; value: string } {
  const at = text.indexOf('=')
  if (at <= 0) throw new CliError(`parameters are NAME=VALUE, not ${text}`, 1)
  return { name: text.slice(0, at), value: text.slice(at + 1) }
}

const addressOf = (argument: string, flags: ResourceFlags) => {
  const { name, params, query } = appAddress(argument, flags.appNamespace)
  return { name, params, query: { ...query, ...(flags.project ? { project: flags.project } : {}) } }
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

/** The nodes of the application's tree that the flags name. */
async function nodesOf(client: Client, argument: string, flags: ResourceFlags): Promise<TreeNode[]> {
  const { params, query } = addressOf(argument, flags)
  const tree = await client.call<ResourceTree>(routes.resourceTree, { params, query })
  return (tree.nodes ?? []).filter(namedBy(flags))
}

const namedBy = (flags: ResourceFlags) => (node: TreeNode) =>
  (!flags.kind || node.kind === flags.kind) &&
  (flags.group === undefined || (node.group ?? '') === flags.group) &&
  (!flags.namespace || node.namespace === flags.namespace) &&
  (!flags.resourceName || node.name === flags.resourceName)

function nodeOf(object: KubeObject): TreeNode {
  const { name = '', namespace = '' } = object.metadata
  return { ...gvkOf(object), namespace, name }
}

/**
 * The live objects that something is to be done to: there must be one, and only one unless `many`. Of what a manifest
 * asks for and what is not there nothing can be done.
 */
async function targets(client: Client, argument: string, flags: ResourceFlags, many: boolean): Promise<TreeNode[]> {
  const { params, query } = addressOf(argument, flags)
  const managed = await client.call<{ items?: ManagedResource[] }>(routes.managedResources, { params, query })
  const live = (managed.items ?? []).flatMap(({ liveState = 'null' }) => {
    const object = JSON.parse(liveState) as KubeObject | null
    return object ? [nodeOf(object)] : []
  })
  const found = live.filter(namedBy(flags))
  if (found.length === 0) throw new CliError('no matching resource found')
  if (found.length > 1 && !many)
    throw new CliError('multiple resources match inputs, use the --all flag to patch multiple resources')
  return found
}
