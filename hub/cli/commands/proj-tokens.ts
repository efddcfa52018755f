import type { Command } from 'commander'
import { routes } from '@flotilla/shared/api/routes'
import { clientOf, type Rim } from '../context.ts'
import { CliError } from '../errors.ts'
import { roleOf, type Project } from '../proj-spec.ts'
import { rfc3339, table } from '../table.ts'
import { seconds } from './account.ts'

const time = (at: number | undefined): string => (at ? rfc3339(at * 1000).replace('+00:00', 'Z') : 'Never')

/** `proj role create-token|list-tokens|delete-token`. */
export function addRoleTokens(role: Command, rim: Rim): void {
  role
    .command('create-token <project> <role>')
    .alias('token-create')
    .description('make a token that speaks for a role')
    .option('-e, --expires-in <duration>', 'how long it is good, such as 12h or 7d', '0s')
    .option('-i, --id <id>', 'id of the token (default: a random one)')
    .option('-t, --token-only', 'print the token alone, for scripts')
    .action(
      async (
        project: string,
        name: string,
        flags: { expiresIn: string; id?: string; tokenOnly?: boolean },
        command: Command,
      ) => {
        const body = { expiresIn: seconds(flags.expiresIn), ...(flags.id ? { id: flags.id } : {}) }
        const params = { project, role: name }
        const { token } = await clientOf(command, rim).call<{ token: string }>(routes.createRoleToken, { params, body })
        if (flags.tokenOnly) return rim.out(`${token}\n`)
        const { iat, exp, jti = '', sub = '' } = claimsOf(token)
        rim.out(`Create token succeeded for ${sub}.\n  ID: ${jti}\n  Issued At: ${time(iat)}\n`)
        rim.out(`  Expires At: ${time(exp)}\n  Token: ${token}\n`)
      },
    )
  role
    .command('list-tokens <project> <role>')
    .aliases(['list-token', 'token-list'])
    .description('list the tokens of a role')
    .option('-u, --unixtime', 'times in seconds')
    .action(async (project: string, name: string, flags: { unixtime?: boolean }, command: Command) => {
      const found = await clientOf(command, rim).call<Project>(routes.project, { params: { name: project } })
      const tokens = roleOf(found, name).jwtTokens ?? []
      if (tokens.length === 0) return rim.out(`No tokens for ${project}.${name}\n`)
      const shown = (at: number | undefined): string => (flags.unixtime ? String(at ?? 0) : time(at))
      const rows = tokens.map((one) => [one.id ?? '', shown(one.iat), shown(one.exp)])
      rim.out(table([['ID', 'ISSUED AT', 'EXPIRES AT'], ...rows]))
    })
  role
    .command('delete-token <project> <role> <issued-at>')
    .aliases(['token-delete', 'remove-token'])
    .description('make a token worthless; it is named by the second it was issued in')
    .action(async (project: string, name: string, iat: string, _flags: unknown, command: Command) => {
      if (!/^-?\d+$/.test(iat)) throw new CliError(`strconv.ParseInt: parsing "${iat}": invalid syntax`)
      await clientOf(command, rim).call(routes.deleteRoleToken, { params: { project, role: name, iat } })
    })
}

/** What a token says of itself; nothing is checked. */
function claimsOf(token: string): { iat?: number; exp?: number; jti?: string; sub?: string } {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as { iat?: number }
  } catch (error) {
    throw new CliError(`received malformed token: ${error instanceof Error ? error.message : String(error)}`)
  }
}
