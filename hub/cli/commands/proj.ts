import type { Command } from 'commander'
import { routes } from '@flotilla/shared/api/routes'
import { clientOf, type Rim } from '../context.ts'
import { CliError } from '../errors.ts'
import { structured, unknownFormat } from '../print.ts'
import { editYaml } from '../edit.ts'
import { readObjects } from './app-write.ts'
import { update, type GroupKind, type Project } from '../proj-spec.ts'
import { addRoles } from './proj-roles.ts'
import { addRules } from './proj-rules.ts'
import { addWindows } from './proj-windows.ts'
import { field, table } from '../table.ts'

const collect = (value: string, all: string[] = []): string[] => [...all, value]
const examples = `
Examples:
  flotilla proj create team -d https://kubernetes.default.svc,team-* -s https://git.example.com/team/*
  flotilla proj allow-cluster-resource team rbac.authorization.k8s.io ClusterRole
  flotilla proj role create team ci && flotilla proj role add-policy team ci -a sync -o '*'
  flotilla proj role create-token team ci --expires-in 30d
  flotilla proj windows add team --kind deny --schedule '0 22 * * *' --duration 8h --applications '*'
`

/** `proj create|get|list|delete`, its rules, roles and windows. */
export function addProjectCommands(program: Command, rim: Rim): void {
  const proj = program
    .command('proj')
    .alias('project')
    .description('projects: what applications may do')
    .addHelpText('after', examples)

  proj
    .command('create [name]')
    .description('create a project')
    .option('-f, --file <file>', 'of a file, or - for standard input')
    .option('--source-namespaces <namespace>', 'namespace that applications may be in', collect)
    .option('--description <text>', 'description')
    .option('-d, --dest <server,namespace>', 'permitted destination', collect)
    .option('-s, --src <repo>', 'permitted source', collect)
    .option('--upsert', 'replace one that differs')
    .action(
      async (name: string | undefined, flags: SpecFlags & { file?: string; upsert?: boolean }, command: Command) => {
        const [read] = flags.file ? readObjects<Project>(flags.file) : []
        const called = name ?? read?.metadata.name
        if (!called) {
          command.outputHelp()
          throw new CliError('', 1)
        }
        const project = {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'AppProject',
          metadata: { ...read?.metadata, name: called },
          spec: { ...read?.spec, ...specOf(flags) },
        }
        await clientOf(command, rim).call(routes.createProject, { body: { project, upsert: flags.upsert ?? false } })
      },
    )

  proj
    .command('get <name>')
    .description('show a project')
    .option('-o, --output <format>', 'wide, json or yaml', 'wide')
    .action(async (name: string, flags: { output: string }, command: Command) => {
      const { project } = await clientOf(command, rim).call<{ project: Project }>(routes.projectDetails, {
        params: { name },
      })
      rim.out(structured(flags.output, project) ?? describe(project))
    })

  proj
    .command('list')
    .description('list projects')
    .option('-o, --output <format>', 'wide, name, json or yaml', 'wide')
    .action(async (flags: { output: string }, command: Command) => {
      const projects = (await clientOf(command, rim).call<{ items: Project[] | null }>(routes.projects)).items ?? []
      if (flags.output === 'name') return rim.out(projects.map((one) => `${one.metadata.name}\n`).join(''))
      const text = structured(flags.output, projects)
      if (text !== undefined) return rim.out(text)
      if (flags.output !== 'wide' && flags.output !== '') throw unknownFormat(flags.output)
      const header = [
        'NAME', 'DESCRIPTION', 'DESTINATIONS', 'SOURCES', 'CLUSTER-RESOURCE-WHITELIST', 'NAMESPACE-RESOURCE-BLACKLIST',
        'SIGNATURE-KEYS', 'ORPHANED-RESOURCES', 'DESTINATION-SERVICE-ACCOUNTS',
      ] // prettier-ignore
      rim.out(table([header, ...projects.map(line)]))
    })

  proj
    .command('set <name>')
    .description("change a project's description, destinations, sources")
    .option('--description <text>', 'description')
    .option('-d, --dest <server,namespace>', 'permitted destination', collect)
    .option('-s, --src <repo>', 'permitted source', collect)
    .option('--source-namespaces <namespace>', 'namespace that applications may be in', collect)
    .action(async (name: string, flags: SpecFlags, command: Command) => {
      const given = specOf(flags)
      if (Object.keys(given).length === 0) {
        rim.err('Please set at least one option to update\n')
        command.outputHelp()
        throw new CliError('', 1)
      }
      await update(clientOf(command, rim), name, (project) => void Object.assign(project.spec, given))
    })

  proj
    .command('edit <name>')
    .description('edit a project in your editor ($KUBE_EDITOR or $EDITOR)')
    .action(async (name: string, _flags: unknown, command: Command) => {
      const client = clientOf(command, rim)
      const project = await client.call<Project>(routes.project, { params: { name } })
      const spec = await editYaml(project.spec, rim)
      if (spec === undefined) return rim.err('Edit cancelled, no changes made.\n')
      await client.call(routes.updateProject, { params: { name }, body: { project: { ...project, spec } } })
    })

  proj
    .command('delete <names...>')
    .description('delete projects that no application uses')
    .option('-y, --yes', 'do not ask')
    .action(async (names: string[], _flags: unknown, command: Command) => {
      for (const name of names) await clientOf(command, rim).call(routes.deleteProject, { params: { name } })
    })

  addRules(proj, rim)
  addRoles(proj, rim)
  addWindows(proj, rim)
}

interface SpecFlags {
  readonly description?: string
  readonly dest?: readonly string[]
  readonly src?: readonly string[]
  readonly sourceNamespaces?: readonly string[]
}

function specOf(flags: SpecFlags): Partial<Project['spec']> {
  const destinations = flags.dest?.map((text) => {
    const at = text.lastIndexOf(',')
    if (at < 0) throw new CliError(`Expected destination of the form: server,namespace. Received: ${text}`)
    return { server: text.slice(0, at), namespace: text.slice(at + 1) }
  })
  return {
    ...(flags.description ? { description: flags.description } : {}),
    ...(flags.src ? { sourceRepos: [...flags.src] } : {}),
    ...(flags.sourceNamespaces ? { sourceNamespaces: [...flags.sourceNamespaces] } : {}),
    ...(destinations ? { destinations } : {}),
  }
}

function line({ metadata, spec }: Project): string[] {
  const count = (list: readonly unknown[] | undefined, what: string): string => {
    if (!list || list.length === 0) return '<none>'
    return list.length === 1 ? short(list[0]) : `${list.length} ${what}`
  }
  const denied = spec.namespaceResourceBlacklist?.length ?? 0
  const keys = spec.signatureKeys?.length ?? 0
  return [
    metadata.name ?? '',
    spec.description ?? '',
    count(spec.destinations, 'destinations'),
    count(spec.sourceRepos, 'repos'),
    count(spec.clusterResourceWhitelist, 'resources'),
    denied > 0 ? `${denied} resources` : '<none>',
    keys > 0 ? `${keys} key(s)` : '<none>',
    orphaned(spec.orphanedResources),
    count(spec.destinationServiceAccounts, 'destinationServiceAccounts'),
  ]
}

function short(value: unknown): string {
  if (typeof value === 'string') return value
  const one = value as {
    server?: string
    name?: string
    namespace?: string
    group?: string
    kind?: string
    defaultServiceAccount?: string
  }
  if (one.defaultServiceAccount !== undefined)
    return `${one.server ?? ''},${one.namespace ?? ''},${one.defaultServiceAccount}`
  if (one.kind !== undefined) return `${one.group}/${one.kind}`
  return `${one.server || one.name || ''},${one.namespace ?? ''}`
}

function orphaned(settings: Project['spec']['orphanedResources']): string {
  if (!settings) return 'disabled'
  const ignored = settings.ignore?.length ? `, ignored ${settings.ignore.length}` : ''
  return `enabled (warn=${settings.warn ?? false}${ignored})`
}

function describe({ metadata, spec }: Project): string {
  const row = (label: string, value: string): string => field(label, value, 29)
  const lines = (label: string, values: readonly string[]): string => {
    if (values.length === 0) return row(label, '<none>')
    return (
      row(label, values[0] ?? '') +
      values
        .slice(1)
        .map((value) => row('', value))
        .join('')
    )
  }
  const kinds = (list: readonly GroupKind[] | undefined): string[] =>
    (list ?? []).map((one) => `${one.group}/${one.kind}`)
  return [
    row('Name:', metadata.name ?? ''),
    row('Description:', spec.description ?? ''),
    lines(
      'Destinations:',
      (spec.destinations ?? []).map((one) => `${one.server || one.name || ''},${one.namespace ?? ''}`),
    ),
    lines('Repositories:', spec.sourceRepos ?? []),
    lines('Source Namespaces:', spec.sourceNamespaces ?? []),
    lines('Scoped Repositories:', []),
    lines('Allowed Cluster Resources:', kinds(spec.clusterResourceWhitelist)),
    lines('Scoped Clusters:', []),
    lines('Denied Namespaced Resources:', kinds(spec.namespaceResourceBlacklist)),
    row('Signature keys:', (spec.signatureKeys ?? []).map(({ keyID }) => keyID).join(', ') || '<none>'),
    row('Orphaned Resources:', orphaned(spec.orphanedResources)),
  ].join('')
}
