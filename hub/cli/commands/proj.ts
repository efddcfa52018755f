import type { Command } from 'commander'
import { routes } from '@flotilla/shared/api/routes'
import { clientOf, type Rim } from '../context.ts'
import { CliError } from '../errors.ts'
import { structured } from '../print.ts'
import { update, type GroupKind, type Project } from '../proj-spec.ts'
import { addRoles, addWindows } from './proj-roles.ts'
import { field, table } from '../table.ts'

const collect = (value: string, all: string[] = []): string[] => [...all, value]
/** `proj create|get|list|delete`, its rules, roles and windows. */
export function addProjectCommands(program: Command, rim: Rim): void {
  const proj = program.command('proj').description('projects: what applications may do')

  proj
    .command('create <name>')
    .description('create a project')
    .option('--description <text>', 'description')
    .option('-d, --dest <server,namespace>', 'permitted destination', collect)
    .option('-s, --src <repo>', 'permitted source', collect)
    .option('--upsert', 'replace one that differs')
    .action(
      async (
        name: string,
        flags: { description?: string; dest?: string[]; src?: string[]; upsert?: boolean },
        command: Command,
      ) => {
        const destinations = (flags.dest ?? []).map((text) => {
          const at = text.lastIndexOf(',')
          if (at < 0) throw new CliError(`Expected destination of the form: server,namespace. Received: ${text}`)
          return { server: text.slice(0, at), namespace: text.slice(at + 1) }
        })
        const project = {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'AppProject',
          metadata: { name },
          spec: {
            ...(flags.description ? { description: flags.description } : {}),
            ...(flags.src ? { sourceRepos: flags.src } : {}),
            ...(destinations.length > 0 ? { destinations } : {}),
          },
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
      const count = (list: readonly unknown[] | undefined, what: string): string => {
        if (!list || list.length === 0) return '<none>'
        return list.length === 1 ? short(list[0]) : `${list.length} ${what}`
      }
      rim.out(
        table([
          ['NAME', 'DESCRIPTION', 'DESTINATIONS', 'SOURCES', 'CLUSTER-RESOURCE-WHITELIST'],
          ...projects.map(({ metadata, spec }) => [
            metadata.name ?? '',
            spec.description ?? '',
            count(spec.destinations, 'destinations'),
            count(spec.sourceRepos, 'repos'),
            count(spec.clusterResourceWhitelist, 'resources'),
          ]),
        ]),
      )
    })

  proj
    .command('delete <names...>')
    .description('delete projects that no application uses')
    .action(async (names: string[], _flags: unknown, command: Command) => {
      for (const name of names) await clientOf(command, rim).call(routes.deleteProject, { params: { name } })
    })

  addRules(proj, rim)
  addRoles(proj, rim)
  addWindows(proj, rim)
}

function addRules(proj: Command, rim: Rim): void {
  proj
    .command('add-destination <project> <server> <namespace>')
    .description('permit a destination')
    .action(async (name: string, server: string, namespace: string, _flags: unknown, command: Command) =>
      update(clientOf(command, rim), name, ({ spec }) => {
        const same = (spec.destinations ?? []).some((one) => one.server === server && one.namespace === namespace)
        if (same) throw new CliError('Specified destination is already defined in project', 1)
        spec.destinations = [...(spec.destinations ?? []), { server, namespace }]
      }),
    )
  proj
    .command('remove-destination <project> <server> <namespace>')
    .description('take a destination back')
    .action(async (name: string, server: string, namespace: string, _flags: unknown, command: Command) =>
      update(clientOf(command, rim), name, ({ spec }) => {
        const rest = (spec.destinations ?? []).filter((one) => one.server !== server || one.namespace !== namespace)
        if (rest.length === spec.destinations?.length)
          throw new CliError('Specified destination does not exist in project', 1)
        spec.destinations = rest
      }),
    )
  proj
    .command('add-source <project> <url>')
    .description('permit a source')
    .action(async (name: string, url: string, _flags: unknown, command: Command) =>
      update(clientOf(command, rim), name, ({ spec }) => {
        if ((spec.sourceRepos ?? []).includes(url))
          return rim.out(`Source repository '${url}' already allowed in project\n`)
        spec.sourceRepos = [...(spec.sourceRepos ?? []), url]
      }),
    )
  proj
    .command('remove-source <project> <url>')
    .description('take a source back')
    .action(async (name: string, url: string, _flags: unknown, command: Command) =>
      update(clientOf(command, rim), name, ({ spec }) => {
        if (!(spec.sourceRepos ?? []).includes(url)) {
          rim.out(`Source repository '${url}' does not exist in project\n`)
          return false
        }
        spec.sourceRepos = (spec.sourceRepos ?? []).filter((one) => one !== url)
        return true
      }),
    )
  const lists = [
    ['allow-cluster-resource', 'clusterResourceWhitelist', 'allowed cluster', true],
    ['deny-cluster-resource', 'clusterResourceBlacklist', 'denied cluster', true],
    ['allow-namespace-resource', 'namespaceResourceWhitelist', 'allowed namespaced', false],
    ['deny-namespace-resource', 'namespaceResourceBlacklist', 'denied namespaced', false],
  ] as const
  for (const [verb, key, words, cluster] of lists) {
    proj
      .command(`${verb} <project> <group> <kind>`)
      .description(`add to the ${words} resources`)
      .action(async (name: string, group: string, kind: string, _flags: unknown, command: Command) =>
        update(clientOf(command, rim), name, ({ spec }) => {
          if ((spec[key] ?? []).some((one) => one.group === group && one.kind === kind)) return false
          spec[key] = [...(spec[key] ?? []), { group, kind }]
          rim.err(
            cluster
              ? `Group '${group}', kind '${kind}', and name '' is added to ${words} resources\n`
              : `Group '${group}' and kind '${kind}' is added to ${words} resources\n`,
          )
          return true
        }),
      )
  }
}

function short(value: unknown): string {
  if (typeof value === 'string') return value
  const one = value as { server?: string; name?: string; namespace?: string; group?: string; kind?: string }
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
