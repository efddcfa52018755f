import type { Command } from 'commander'
import { routes } from '@flotilla/shared/api/routes'
import { clientOf, type Rim } from '../context.ts'
import { structured, unknownFormat } from '../print.ts'
import { roleOf, update, type Project, type Role } from '../proj-spec.ts'
import { addRoleTokens } from './proj-tokens.ts'
import { field, table } from '../table.ts'

/** `proj role …`. */
export function addRoles(proj: Command, rim: Rim): void {
  const role = proj.command('role').description('roles of a project')
  role
    .command('create <project> <role>')
    .description('create a role')
    .option('--description <text>', 'what it is for')
    .action(async (name: string, roleName: string, flags: { description?: string }, command: Command) => {
      let known = false
      await update(clientOf(command, rim), name, (project) => {
        known = (project.spec.roles ?? []).some((one) => one.name === roleName)
        if (known) return false
        const made: Role = { name: roleName, ...(flags.description ? { description: flags.description } : {}) }
        project.spec.roles = [...(project.spec.roles ?? []), made]
        return true
      })
      rim.out(known ? `Role '${roleName}' already exists\n` : `Role '${roleName}' created\n`)
    })
  withPolicy(role.command('add-policy <project> <role>').description('add a policy'))
    .addHelpText('after', '\nExample:\n  flotilla proj role add-policy PROJECT ci --action sync --object "*"\n')
    .action(async (name: string, roleName: string, flags: PolicyFlags, command: Command) =>
      update(clientOf(command, rim), name, (project) => {
        const one = roleOf(project, roleName)
        one.policies = [...(one.policies ?? []), policyOf(name, roleName, flags)]
      }),
    )
  role
    .command('delete <project> <role>')
    .description('delete a role')
    .action(async (name: string, roleName: string, _flags: unknown, command: Command) => {
      let known = false
      await update(clientOf(command, rim), name, (project) => {
        const all = project.spec.roles ?? []
        known = all.some((one) => one.name === roleName)
        project.spec.roles = all.filter((one) => one.name !== roleName)
        return known
      })
      rim.out(known ? `Role '${roleName}' deleted\n` : `Role '${roleName}' does not exist in project\n`)
    })
  role
    .command('get <project> <role>')
    .description('show a role')
    .action(async (name: string, roleName: string, _flags: unknown, command: Command) => {
      const one = roleOf(await clientOf(command, rim).call<Project>(routes.project, { params: { name } }), roleName)
      rim.out(field('Role Name:', one.name, 15) + field('Description:', one.description ?? '', 15) + 'Policies:\n')
      for (const policy of [`p, proj:${name}:${roleName}, projects, get, ${name}, allow`, ...(one.policies ?? [])])
        rim.out(`${policy}\n`)
      rim.out(`Groups:\n${(one.groups ?? []).map((group) => `  - ${group}`).join('\n') || '<none>'}\nJWT Tokens:\n`)
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
  role
    .command('list <project>')
    .description('list roles')
    .option('-o, --output <format>', 'wide, name, json or yaml', 'wide')
    .action(async (name: string, { output }: { output: string }, command: Command) => {
      const { spec } = await clientOf(command, rim).call<Project>(routes.project, { params: { name } })
      const all = spec.roles ?? []
      if (output === 'name') return rim.out(all.map((one) => `${one.name}\n`).join(''))
      const text = structured(output, all)
      if (text !== undefined) return rim.out(text)
      if (output !== 'wide' && output !== '') throw unknownFormat(output)
      rim.out(table([['ROLE-NAME', 'DESCRIPTION'], ...all.map((one) => [one.name, one.description ?? ''])]))
    })
  withPolicy(role.command('remove-policy <project> <role>').description('take a policy back')).action(
    async (name: string, roleName: string, flags: PolicyFlags, command: Command) =>
      update(clientOf(command, rim), name, (project) => {
        const one = roleOf(project, roleName)
        const policy = policyOf(name, roleName, flags)
        if (!(one.policies ?? []).includes(policy)) return false
        one.policies = (one.policies ?? []).filter((each) => each !== policy)
        return true
      }),
  )
  role
    .command('add-group <project> <role> <group>')
    .description('let a group of your identity provider in')
    .action(async (name: string, roleName: string, group: string, _flags: unknown, command: Command) => {
      let present = false
      await update(clientOf(command, rim), name, (project) => {
        const one = roleOf(project, roleName)
        present = (one.groups ?? []).includes(group)
        if (!present) one.groups = [...(one.groups ?? []), group]
        return !present
      })
      rim.out(
        present
          ? `Group '${group}' already present in role '${roleName}'\n`
          : `Group '${group}' added to role '${roleName}'\n`,
      )
    })
  role
    .command('remove-group <project> <role> <group>')
    .description('leave a group out')
    .action(async (name: string, roleName: string, group: string, _flags: unknown, command: Command) => {
      let present = false
      await update(clientOf(command, rim), name, (project) => {
        const one = roleOf(project, roleName)
        present = (one.groups ?? []).includes(group)
        one.groups = (one.groups ?? []).filter((each) => each !== group)
        return present
      })
      rim.out(
        present
          ? `Group '${group}' removed from role '${roleName}'\n`
          : `Group '${group}' not present in role '${roleName}'\n`,
      )
    })
  addRoleTokens(role, rim)
}

interface PolicyFlags {
  readonly action: string
  readonly permission: string
  readonly object: string
  readonly resource: string
}

function withPolicy(command: Command): Command {
  return command
    .requiredOption('-a, --action <action>', 'action')
    .option('-p, --permission <permission>', 'allow or deny', 'allow')
    .requiredOption('-o, --object <object>', 'name of the object, or *')
    .option('-r, --resource <resource>', 'kind of resource', 'applications')
}

function policyOf(project: string, role: string, { resource, action, object, permission }: PolicyFlags): string {
  return `p, proj:${project}:${role}, ${resource}, ${action}, ${project}/${object}, ${permission}`
}
