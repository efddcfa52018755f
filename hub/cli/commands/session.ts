import type { Command } from 'commander'
import { routes } from '@flotilla/shared/api/routes'
import { createClient } from '../client.ts'
import { configPath, readConfig, writeConfig } from '../config.ts'
import { clientOf, globalOptions, hubUrl, type Rim } from '../context.ts'
import { CliError } from '../errors.ts'
import { structured } from '../print.ts'
import { table } from '../table.ts'

/** `login`, `logout`, `relogin`, `context`, `version`. */
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
        const { token } = await client.call<{ token: string }>(routes.login, { body: { username, password } })
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

  program
    .command('context [name]')
    .alias('ctx')
    .description('list the contexts, or switch to one')
    .option('--delete', 'delete it instead')
    .action((name: string | undefined, flags: { delete?: boolean }, command: Command) => {
      const path = configPath(globalOptions(command).config, rim.env)
      const config = readConfig(path)
      if (name === undefined) {
        if (config.contexts.length === 0) throw new CliError(`No contexts defined in ${path}`, 1)
        const rows = config.contexts.map((one) => [
          one.name === config['current-context'] ? '*' : '',
          one.name,
          one.server,
        ])
        return rim.out(table([['CURRENT', 'NAME', 'SERVER'], ...rows]))
      }
      const found = config.contexts.find((one) => one.name === name)
      if (!found) throw new CliError(flags.delete ? `context ${name} does not exist` : `context '${name}' undefined`, 1)
      if (flags.delete) {
        config.contexts = config.contexts.filter((one) => one !== found)
        config.users = config.users.filter((one) => one.name !== found.user)
        if (config['current-context'] === name) config['current-context'] = ''
        writeConfig(path, config)
        return rim.out(`Context '${name}' deleted\n`)
      }
      if (config['current-context'] === name) return rim.out(`Already at context '${name}'\n`)
      config['current-context'] = name
      writeConfig(path, config)
      rim.out(`Switched to context '${name}'\n`)
    })

  program
    .command('relogin')
    .description('log in to the current context again')
    .option('--password <password>', 'password (asked for where absent)')
    .action(async (flags: { password?: string }, command: Command) => {
      const path = configPath(globalOptions(command).config, rim.env)
      const config = readConfig(path)
      const name = config['current-context']
      const user = config.users.find((one) => one.name === name)
      const old = user?.['auth-token']
      if (!user || !old) throw new CliError('No context found. Login using `flotilla login`', 1)
      const username = subjectOf(old)
      rim.out(`Relogging in as '${username}'\n`)
      const password = flags.password ?? (await ask('Password: ', true))
      const client = clientOf(command, rim)
      const { token } = await client.call<{ token: string }>(routes.login, { body: { username, password } })
      user['auth-token'] = token
      writeConfig(path, config)
      rim.out(`Context '${name}' updated\n`)
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
        : (await clientOf(command, rim).call<{ Version: string }>(routes.version)).Version
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

/** Whom a session of ours is for; nothing is checked, the hub does that. */
function subjectOf(token: string): string {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as { sub?: string }
    return (claims.sub ?? '').split(':')[0] ?? ''
  } catch {
    throw new CliError('the session of this context cannot be read: run `flotilla login`', 1)
  }
}
