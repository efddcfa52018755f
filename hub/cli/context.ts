import type { Command } from 'commander'
import { createClient, type Client } from './client.ts'
import { configPath, readConfig } from './config.ts'
import { CliError } from './errors.ts'

/** What a command may touch of the outside. */
export interface Rim {
  readonly env: NodeJS.ProcessEnv
  out(text: string): void
  err(text: string): void
  now(): number
  /** Columns of the terminal; undefined where output is not one. */
  readonly columns: number | undefined
  sleep(ms: number): Promise<void>
}

export interface GlobalOptions {
  server?: string
  plaintext?: boolean
  insecure?: boolean
  authToken?: string
  config?: string
  flotillaContext?: string
}

/** The options that every command takes. */
export function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>()
}

/** A client of the hub that flags, environment or the context logged in to say. */
export function clientOf(command: Command, rim: Rim): Client {
  const options = globalOptions(command)
  const config = readConfig(configPath(options.config, rim.env))
  const context = config.contexts.find((one) => one.name === (options.flotillaContext ?? config['current-context']))
  const server = options.server ?? (rim.env['ARGOCD_SERVER'] || context?.server)
  if (!server) throw new CliError('no hub is known: run `flotilla login HOST:PORT`, or give --server')
  const entry = config.servers.find((one) => one.server === server)
  const token =
    options.authToken ??
    (rim.env['ARGOCD_AUTH_TOKEN'] ||
      config.users.find((one) => one.name === (context?.server === server ? context.user : undefined))?.['auth-token'])
  return createClient({
    url: hubUrl(server, options.plaintext ?? entry?.['plain-text'] ?? false),
    insecure: options.insecure ?? entry?.insecure ?? false,
    ...(token ? { token } : {}),
  })
}

/** `host:port` or a whole URL → the URL to call. */
export function hubUrl(server: string, plaintext: boolean): string {
  if (/^https?:\/\//.test(server)) return server.replace(/\/+$/, '')
  return `${plaintext ? 'http' : 'https'}://${server}`
}
