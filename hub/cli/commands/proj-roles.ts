import type { Command } from 'commander'
import { routes } from '@flotilla/shared/api/routes'
import { clientOf, type Rim } from '../context.ts'
import { CliError } from '../errors.ts'
import { update, type Project, type Role, type SyncWindow } from '../proj-spec.ts'
import { field, table } from '../table.ts'

function roleOf(project: Project, name: string): Role {
  const role = (project.spec.roles ?? []).find((one) => one.name === name)
  if (!role) throw new CliError(`role '${name}' does not exist in project '${project.metadata.name}'`)
  return role
}

/** `proj role …`. */
export function addRoles(proj: Command, rim: Rim): void {
  const role = proj.command('role').description('roles of a project')
  role
    .command('create <project> <role>')
    .description('create a role')
    .option('--description <text>')
    .action(async (name: string, roleName: string, flags: { description?: string }, command: Command) => {
      await update(clientOf(command, rim), name, (project) => {
        if ((project.spec.roles ?? []).some((one) => one.name === roleName)) return false
        const made: Role = { name: roleName, ...(flags.description ? { description: flags.description } : {}) }
        project.spec.roles = [...(project.spec.roles ?? []), made]
        return true
      })
      rim.out(`Role '${roleName}' created\n`)
    })
  role
    .command('add-policy <project> <role>')
    .description('add a policy')
    .requiredOption('-a, --action <action>', 'action')
    .option('-p, --permission <permission>', 'allow or deny', 'allow')
    .requiredOption('-o, --object <object>', 'name of the object, or *')
    .option('-r, --resource <resource>', 'kind of resource', 'applications')
    .action(async (name: string, roleName: string, flags: Record<string, string>, command: Command) =>
      update(clientOf(command, rim), name, (project) => {
        const one = roleOf(project, roleName)
        const policy = `p, proj:${name}:${roleName}, ${flags['resource']}, ${flags['action']}, ${name}/${flags['object']}, ${flags['permission']}`
        one.policies = [...(one.policies ?? []), policy]
      }),
    )
  role
    .command('delete <project> <role>')
    .description('delete a role')
    .action(async (name: string, roleName: string, _flags: unknown, command: Command) => {
      await update(clientOf(command, rim), name, (project) => {
        roleOf(project, roleName)
        project.spec.roles = (project.spec.roles ?? []).filter((one) => one.name !== roleName)
      })
      rim.out(`Role '${roleName}' deleted\n`)
    })
  role
    .command('get <project> <role>')
    .description('show a role')
    .action(async (name: string, roleName: string, _flags: unknown, command: Command) => {
      const one = roleOf(await clientOf(command, rim).call<Project>(routes.project, { params: { name } }), roleName)
      rim.out(field('Role Name:', one.name) + field('Description:', one.description ?? '') + 'Policies:\n')
      for (const policy of [`p, proj:${name}:${roleName}, projects, get, ${name}, allow`, ...(one.policies ?? [])])
        rim.out(`${policy}\n`)
      rim.out(`Groups:\n${(one.groups ?? []).join('\n') || '<none>'}\nJWT Tokens:\n`)
      rim.out(
        table([
          ['ID', 'ISSUED-AT', 'EXPIRES-AT'],
          ...(one.jwtTokens ?? []).map((token) => [
            token.id ?? '',
            String(token.iat),
            token.exp ? String(token.exp) : '<none>',
          ]),
        ]),
      )
    })
}

/** `proj windows …`. */
export function addWindows(proj: Command, rim: Rim): void {
  const windows = proj.command('windows').description('sync windows of a project')
  windows
    .command('add <project>')
    .description('add a window')
    .option('-k, --kind <kind>', 'allow or deny', 'allow')
    .requiredOption('--schedule <cron>', 'when it opens')
    .requiredOption('--duration <duration>', 'how long it is open')
    .option('--applications <names>', 'applications, by comma')
    .option('--namespaces <names>', 'namespaces, by comma')
    .option('--clusters <names>', 'clusters, by comma')
    .option('--manual-sync', 'permit syncs by hand')
    .option('--time-zone <zone>', 'time zone of the schedule', 'UTC')
    .action(async (name: string, flags: Record<string, string> & { manualSync?: boolean }, command: Command) =>
      update(clientOf(command, rim), name, ({ spec }) => {
        const list = (text: string | undefined): string[] | undefined => text?.split(',')
        const made: SyncWindow = {
          kind: flags['kind'] ?? 'allow',
          schedule: flags['schedule'] ?? '',
          duration: flags['duration'] ?? '',
          timeZone: flags['timeZone'] ?? 'UTC',
          ...(flags['applications'] ? { applications: list(flags['applications']) ?? [] } : {}),
          ...(flags['namespaces'] ? { namespaces: list(flags['namespaces']) ?? [] } : {}),
          ...(flags['clusters'] ? { clusters: list(flags['clusters']) ?? [] } : {}),
          ...(flags.manualSync ? { manualSync: true } : {}),
        }
        spec.syncWindows = [...(spec.syncWindows ?? []), made]
      }),
    )
  windows
    .command('list <project>')
    .description('list the windows')
    .action(async (name: string, _flags: unknown, command: Command) => {
      const client = clientOf(command, rim)
      const { spec } = await client.call<Project>(routes.project, { params: { name } })
      const active =
        (
          await client
            .call<{ windows?: SyncWindow[] }>(routes.projectWindows, { params: { name } })
            .catch(() => ({ windows: [] }))
        ).windows ?? []
      const names = (list: string[] | undefined): string => (list && list.length > 0 ? list.join(',') : '-')
      const on = (value: boolean | undefined): string => (value ? 'Enabled' : 'Disabled')
      const isActive = (one: SyncWindow): boolean =>
        active.some(
          (other) => other.schedule === one.schedule && other.kind === one.kind && other.duration === one.duration,
        )
      rim.out(
        table([
          [
            'ID',
            'STATUS',
            'KIND',
            'SCHEDULE',
            'DURATION',
            'APPLICATIONS',
            'NAMESPACES',
            'CLUSTERS',
            'MANUALSYNC',
            'SYNCOVERRUN',
            'TIMEZONE',
            'USEANDOPERATOR',
          ],
          ...(spec.syncWindows ?? []).map((one, id) => [
            String(id),
            isActive(one) ? 'Active' : 'Inactive',
            one.kind,
            one.schedule,
            one.duration,
            names(one.applications),
            names(one.namespaces),
            names(one.clusters),
            on(one.manualSync),
            on(one.syncOverrun),
            one.timeZone ?? 'UTC',
            on(one.andOperator),
          ]),
        ]),
      )
    })
  windows
    .command('delete <project> <id>')
    .description('delete a window')
    .action(async (name: string, id: string, _flags: unknown, command: Command) =>
      update(clientOf(command, rim), name, ({ spec }) => {
        if (!spec.syncWindows?.[Number(id)]) throw new CliError(`window with id '${id}' not found`)
        spec.syncWindows = spec.syncWindows.filter((_, index) => index !== Number(id))
      }),
    )
}
