import type { Command } from 'commander'
import { createClient } from '../client.ts'
import { configPath, readConfig, writeConfig } from '../config.ts'
import { clientOf, globalOptions, hubUrl, type Rim } from '../context.ts'
import { CliError } from '../errors.ts'
import { structured } from '../print.ts'

/** `login`, `logout`, `account`, `version`. */
export function addSessionCommands(
  program: Command,
  rim: Rim,
  version: string,
  ask: (prompt: string, secret: boolean) => Promise<string>,
): void {
  program
    .command('login <server>')
    .description('log in to a hub; the session is kept for the next commands')
    .option('--username <name>', 'user name')
    .option('--password <password>', 'password (asked for where absent)')
    .option('--name <name>', 'name of the context')
    .action(
      async (server: string, flags: { username?: string; password?: string; name?: string }, command: Command) => {
        const options = globalOptions(command)
        const username = flags.username ?? (await ask('Username: ', false))
        const password = flags.password ?? (await ask('Password: ', true))
        const client = createClient({
          url: hubUrl(server, options.plaintext ?? false),
          insecure: options.insecure ?? false,
        })
        const { token } = await client.send<{ token: string }>('POST', '/v1/session', { username, password })
        const path = configPath(options.config, rim.env)
        const config = readConfig(path)
        const name = flags.name ?? server
        config.contexts = [...config.contexts.filter((one) => one.name !== name), { name, server, user: name }]
        config.users = [...config.users.filter((one) => one.name !== name), { name, 'auth-token': token }]
        config.servers = [
          ...config.servers.filter((one) => one.server !== server),
          {
            server,
            ...(options.insecure ? { insecure: true } : {}),
            ...(options.plaintext ? { 'plain-text': true } : {}),
          },
        ]
        config['current-context'] = name
        writeConfig(path, config)
        rim.out(`'${username}:login' logged in successfully\nContext '${name}' updated\n`)
      },
    )

  program
    .command('logout [context]')
    .description('forget the session')
    .action((context: string | undefined, _flags: unknown, command: Command) => {
      const path = configPath(globalOptions(command).config, rim.env)
      const config = readConfig(path)
      const name = context ?? config['current-context']
      const user = config.users.find((one) => one.name === name)
      if (!user) throw new CliError(`Context ${name} does not exist`)
      delete user['auth-token']
      writeConfig(path, config)
      rim.out(`Logged out from '${name}'\n`)
    })

  const account = program.command('account').description('accounts')
  account
    .command('get-user-info')
    .alias('whoami')
    .description('who is logged in')
    .option('-o, --output <format>', 'json or yaml')
    .action(async (flags: { output?: string }, command: Command) => {
      const info = await clientOf(command, rim).get<{
        loggedIn?: boolean
        username?: string
        iss?: string
        groups?: string[]
      }>('/v1/session/userinfo')
      if (flags.output) return rim.out(structured(flags.output, info) ?? '')
      rim.out(`Logged In: ${info.loggedIn ?? false}\n`)
      if (info.loggedIn)
        rim.out(
          `Username: ${info.username ?? ''}\nIssuer: ${info.iss ?? ''}\nGroups: ${(info.groups ?? []).join(',')}\n`,
        )
    })
  account
    .command('can-i <action> <resource> [subresource]')
    .description('may I?')
    .action(
      async (action: string, resource: string, subresource: string | undefined, _flags: unknown, command: Command) => {
        const path = `/v1/account/can-i/${[resource, action, subresource ?? ''].map(encodeURIComponent).join('/')}`
        rim.out(`${(await clientOf(command, rim).get<{ value: string }>(path)).value}\n`)
      },
    )
  account
    .command('get')
    .description('show an account')
    .option('-a, --account <name>', 'name of the account')
    .action(async (flags: { account?: string }, command: Command) => {
      const client = clientOf(command, rim)
      const name = flags.account ?? (await client.get<{ username: string }>('/v1/session/userinfo')).username
      const one = await client.get<{ name: string; enabled?: boolean; capabilities?: string[] }>(
        `/v1/account/${encodeURIComponent(name)}`,
      )
      rim.out(
        `Name:               ${one.name}\nEnabled:            ${one.enabled ?? false}\nCapabilities:       ${(one.capabilities ?? []).join(', ')}\n`,
      )
    })
  account
    .command('list')
    .description('list accounts')
    .action(async (_flags: unknown, command: Command) => {
      const list = await clientOf(command, rim).get<{
        items?: { name: string; enabled?: boolean; capabilities?: string[] }[]
      }>('/v1/account')
      rim.out('NAME  ENABLED  CAPABILITIES\n')
      for (const one of list.items ?? [])
        rim.out(`${one.name}  ${one.enabled ?? false}  ${(one.capabilities ?? []).join(', ')}\n`)
    })

  program
    .command('version')
    .description('versions of this client and of the hub')
    .option('--client', 'of the client alone')
    .option('--short', 'numbers alone')
    .option('-o, --output <format>', 'json or yaml')
    .action(async (flags: { client?: boolean; short?: boolean; output?: string }, command: Command) => {
      const server = flags.client
        ? undefined
        : (await clientOf(command, rim).get<{ Version: string }>('/version')).Version
      if (flags.output)
        return rim.out(
          structured(flags.output, {
            client: { Version: version },
            ...(server ? { server: { Version: server } } : {}),
          }) ?? '',
        )
      rim.out(`flotilla: ${version}\n${server ? `flotilla-hub: ${server}\n` : ''}`)
    })
}
