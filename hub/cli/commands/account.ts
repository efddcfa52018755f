import type { Command } from 'commander'
import { routes } from '@flotilla/shared/api/routes'
import { parseGoDuration } from '@flotilla/shared/lang/go-duration'
import { clientOf, globalOptions, type Rim } from '../context.ts'
import { configPath, readConfig, writeConfig } from '../config.ts'
import type { Client } from '../client.ts'
import { CliError } from '../errors.ts'
import { structured, unknownFormat } from '../print.ts'
import { field, table } from '../table.ts'

interface Account {
  name: string
  enabled?: boolean
  capabilities?: string[]
  tokens?: { id: string; issuedAt?: number; expiresAt?: number }[]
}

interface UserInfo {
  loggedIn?: boolean
  username?: string
  iss?: string
  groups?: string[]
}

const whoami = (client: Client): Promise<UserInfo> => client.call<UserInfo>(routes.userinfo)
const named = async (client: Client, name: string | undefined): Promise<string> =>
  name ?? (await whoami(client)).username ?? ''
const at = (seconds: number | undefined): string => new Date((seconds ?? 0) * 1000).toISOString().replace('.000Z', 'Z')

const examples = `
Examples:
  flotilla account can-i sync applications 'default/*'
  flotilla account update-password
  flotilla account generate-token --account ci --expires-in 30d
`

/** `account …`: who I am, what I may, and the tokens of accounts. */
export function addAccountCommands(
  program: Command,
  rim: Rim,
  ask: (prompt: string, secret: boolean) => Promise<string>,
): void {
  const account = program.command('account').description('accounts').addHelpText('after', examples)

  account
    .command('get-user-info')
    .alias('whoami')
    .description('who is logged in')
    .option('-o, --output <format>', 'json or yaml')
    .action(async (flags: { output?: string }, command: Command) => {
      const info = await whoami(clientOf(command, rim))
      if (flags.output) {
        const text = structured(flags.output, info)
        if (text === undefined) throw new CliError(`Unknown output format: ${flags.output}`, 1)
        return rim.out(text)
      }
      rim.out(`Logged In: ${info.loggedIn ?? false}\n`)
      if (!info.loggedIn) return
      rim.out(`Username: ${info.username ?? ''}\nIssuer: ${info.iss ?? ''}\nGroups: ${(info.groups ?? []).join(',')}\n`)
    })

  account
    .command('can-i <action> <resource> [subresource]')
    .description('may I?')
    .addHelpText(
      'after',
      "\nExamples:\n  flotilla account can-i sync applications 'default/*'\n  flotilla account can-i get clusters\n",
    )
    .action(async (action: string, resource: string, object: string | undefined, _flags: unknown, command: Command) => {
      const params = { resource, action, '*': (object ?? '').split('/').map(encodeURIComponent).join('/') }
      rim.out(`${(await clientOf(command, rim).call<{ value: string }>(routes.canI, { params })).value}\n`)
    })

  account
    .command('get')
    .description('show an account')
    .option('-a, --account <name>', 'name of the account (default: your own)')
    .option('-o, --output <format>', 'wide, name, json or yaml', 'wide')
    .action(async (flags: { account?: string; output: string }, command: Command) => {
      const client = clientOf(command, rim)
      const one = await client.call<Account>(routes.account, { params: { name: await named(client, flags.account) } })
      if (flags.output === 'name') return rim.out(`${one.name}\n`)
      const text = structured(flags.output, one)
      if (text !== undefined) return rim.out(text)
      if (flags.output !== 'wide' && flags.output !== '') throw unknownFormat(flags.output)
      rim.out(describe(one))
    })

  account
    .command('list')
    .description('list accounts')
    .option('-o, --output <format>', 'wide, name, json or yaml', 'wide')
    .action(async ({ output }: { output: string }, command: Command) => {
      const all = (await clientOf(command, rim).call<{ items?: Account[] }>(routes.accounts)).items ?? []
      if (output === 'name') return rim.out(all.map((one) => `${one.name}\n`).join(''))
      const text = structured(output, all)
      if (text !== undefined) return rim.out(text)
      if (output !== 'wide' && output !== '') throw unknownFormat(output)
      const rows = all.map((one) => [one.name, String(one.enabled ?? false), (one.capabilities ?? []).join(', ')])
      rim.out(table([['NAME', 'ENABLED', 'CAPABILITIES'], ...rows]))
    })

  account
    .command('generate-token')
    .description('make a token for an account that may have them (capability apiKey)')
    .option('-a, --account <name>', 'name of the account (default: your own)')
    .option('-e, --expires-in <duration>', 'how long it is good, such as 12h or 7d', '0s')
    .option('--id <id>', 'id of the token (default: a random one)')
    .action(async (flags: { account?: string; expiresIn: string; id?: string }, command: Command) => {
      const client = clientOf(command, rim)
      const { token } = await client.call<{ token: string }>(routes.createToken, {
        params: { name: await named(client, flags.account) },
        body: { expiresIn: seconds(flags.expiresIn), ...(flags.id ? { id: flags.id } : {}) },
      })
      rim.out(`${token}\n`)
    })

  account
    .command('delete-token <id>')
    .description('make a token worthless')
    .option('-a, --account <name>', 'name of the account (default: your own)')
    .action(async (id: string, flags: { account?: string }, command: Command) => {
      const client = clientOf(command, rim)
      await client.call(routes.deleteToken, { params: { name: await named(client, flags.account), id } })
    })

  account
    .command('session-token')
    .description('print the token of the current session, for scripts')
    .option('-o, --output <format>', 'json or yaml')
    .action((flags: { output?: string }, command: Command) => {
      const token = sessionToken(command, rim)
      if (!flags.output) return rim.out(`${token}\n`)
      const text = structured(flags.output, { token, ...claimsOf(token) })
      if (text === undefined) throw new CliError(`Unknown output format: ${flags.output}`, 1)
      rim.out(text)
    })

  account
    .command('update-password')
    .description('change a password')
    .option('--current-password <password>', 'your password (asked for where absent)')
    .option('--new-password <password>', 'the new one (asked for where absent)')
    .option('--account <name>', 'whose (default: your own)')
    .action(async (flags: { currentPassword?: string; newPassword?: string; account?: string }, command: Command) => {
      const client = clientOf(command, rim)
      const { username = '' } = await whoami(client)
      const name = flags.account ?? username
      const prompt = `*** Enter password of currently logged in user (${username}): `
      const currentPassword = flags.currentPassword ?? (await ask(prompt, true))
      const newPassword = flags.newPassword ?? (await confirmed(name, ask))
      await client.call(routes.password, { body: { name, currentPassword, newPassword } })
      rim.out('Password updated\n')
      if (name === username) await renew(command, rim, client, username, newPassword)
    })
}

/** The token that other commands would use. */
function sessionToken(command: Command, rim: Rim): string {
  const options = globalOptions(command)
  const config = readConfig(configPath(options.config, rim.env))
  const context = config.contexts.find((one) => one.name === (options.flotillaContext ?? config['current-context']))
  const given = options.authToken ?? rim.env['ARGOCD_AUTH_TOKEN']
  const token = given || config.users.find((one) => one.name === context?.user)?.['auth-token']
  if (!given && !context) throw new CliError("No context found. Please login first with 'flotilla login'", 1)
  if (!token) throw new CliError("No authentication token found. Please login first with 'flotilla login'", 1)
  const { expiresAt } = claimsOf(token)
  if (expiresAt !== undefined && Date.parse(expiresAt) <= rim.now()) {
    throw new CliError("The session has expired. Please login again with 'flotilla login'", 1)
  }
  return token
}

function claimsOf(token: string): { issuer?: string; subject?: string; expiresAt?: string } {
  try {
    const text = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')
    const { iss, sub, exp } = JSON.parse(text) as { iss?: string; sub?: string; exp?: number }
    return {
      ...(iss ? { issuer: iss } : {}),
      ...(sub ? { subject: sub } : {}),
      ...(exp ? { expiresAt: at(exp) } : {}),
    }
  } catch {
    return {}
  }
}

async function confirmed(name: string, ask: (prompt: string, secret: boolean) => Promise<string>): Promise<string> {
  const first = await ask(`*** Enter new password for user ${name}: `, true)
  const second = await ask(`*** Confirm new password for user ${name}: `, true)
  if (first !== second) throw new CliError('Passwords do not match')
  return first
}

/** The session of old is void with the password of old; the context gets one of the new. */
async function renew(command: Command, rim: Rim, client: Client, username: string, password: string): Promise<void> {
  const path = configPath(globalOptions(command).config, rim.env)
  const config = readConfig(path)
  const name = config['current-context']
  const user = config.users.find((one) => one.name === name)
  if (!user) return
  const { token } = await client.call<{ token: string }>(routes.login, { body: { username, password } })
  user['auth-token'] = token
  writeConfig(path, config)
  rim.out(`Context '${name}' updated\n`)
}

/** A duration of Go's, or days as `7d`, in seconds. */
export function seconds(text: string): number {
  const days = /^(\d+)d$/.exec(text)?.[1]
  if (days !== undefined) return Number(days) * 86_400
  const ms = parseGoDuration(text)
  if (ms === undefined) throw new CliError(`time: invalid duration "${text}"`)
  return Math.floor(ms / 1000)
}

function describe(one: Account): string {
  const tokens = (one.tokens ?? []).map(({ id, issuedAt, expiresAt }) => [
    id,
    at(issuedAt),
    expiresAt ? at(expiresAt) : 'never',
  ])
  return [
    field('Name:', one.name),
    field('Enabled:', String(one.enabled ?? false)),
    field('Capabilities:', (one.capabilities ?? []).join(', ')),
    '\nTokens:\n',
    tokens.length === 0 ? 'NONE\n' : table([['ID', 'ISSUED AT', 'EXPIRING AT'], ...tokens]),
  ].join('')
}
