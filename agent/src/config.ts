import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'

/** What an agent is told on its command line; the environment stands in for what is not. */
export interface AgentConfig {
  readonly hub: string
  readonly token?: string | undefined
  readonly kubeconfig?: string | undefined
  readonly state: string
  readonly policy?: string | undefined
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

/** A mistake on the command line: its message is all that the user needs. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

export const AGENT_USAGE = `usage: flotilla agent --hub URL --state DIR [--token T | --token-file FILE] [--kubeconfig FILE] [--policy FILE]

  --hub URL          where the hub is (FLOTILLA_HUB)
  --state DIR        a folder of the agent's own, for its key and its cache (FLOTILLA_STATE)
  --token T          the join token of "flotilla cluster add NAME"; needed once (FLOTILLA_TOKEN)
  --token-file FILE  the same from a file
  --kubeconfig FILE  the cluster; without it the agent uses the service account of its pod (KUBECONFIG)
  --policy FILE      namespaces and kinds that no order of the hub overrides (JSON)
  --log-level LEVEL  debug, info, warn or error
`

/** Reads the command line. Throws `UsageError`. */
export async function readAgentConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<AgentConfig> {
  let values
  try {
    values = parseArgs({
      args: [...args],
      options: {
        hub: { type: 'string' },
        token: { type: 'string' },
        'token-file': { type: 'string' },
        kubeconfig: { type: 'string' },
        state: { type: 'string' },
        policy: { type: 'string' },
        'log-level': { type: 'string' },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
  const hub = values.hub ?? env['FLOTILLA_HUB']
  if (hub === undefined) throw new UsageError('--hub is missing: the URL of the hub, as in https://hub.example.com')
  if (!URL.canParse(hub) || !/^https?:$/.test(new URL(hub).protocol))
    throw new UsageError(`--hub: "${hub}" is no http(s) URL`)
  const state = values.state ?? env['FLOTILLA_STATE']
  if (state === undefined) throw new UsageError("--state is missing: a folder of the agent's own")
  const tokenFile = values['token-file']
  const fromFile =
    tokenFile === undefined
      ? undefined
      : await readFile(tokenFile, 'utf8').catch((error: unknown) => {
          throw new UsageError(`--token-file: ${error instanceof Error ? error.message : String(error)}`)
        })
  const level = values['log-level'] ?? 'info'
  if (level !== 'debug' && level !== 'info' && level !== 'warn' && level !== 'error')
    throw new UsageError(`--log-level: "${level}" is none of debug, info, warn, error`)
  return {
    hub,
    token: values.token ?? fromFile?.trim() ?? env['FLOTILLA_TOKEN'],
    kubeconfig: values.kubeconfig ?? env['KUBECONFIG'],
    state,
    policy: values.policy,
    logLevel: level,
  }
}
