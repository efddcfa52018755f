import { createAgent, type AgentOptions } from './agent.ts'
import { AGENT_USAGE, UsageError, readAgentConfig, type AgentConfig } from './config.ts'
import { readPolicy } from './local-policy.ts'
import { lockState } from './state-lock.ts'
import { realClock } from '@flotilla/shared/runtime/clock'
import { createLog } from '@flotilla/shared/runtime/log'
import { realRandom } from '@flotilla/shared/runtime/random'

/** What a process gives an agent to run with. */
export interface RunIo {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stderr: (text: string) => void
  /** Aborted when the process is asked to end. */
  readonly signal: AbortSignal
  /** The engine for the cluster of the configuration, and what that cluster says of itself. */
  readonly cluster: (config: AgentConfig) => Promise<Pick<AgentOptions, 'engine' | 'cluster'>>
}

/** Runs an agent until it is told to end. Answers the exit code. */
export async function runAgent(io: RunIo): Promise<number> {
  try {
    const config = await readAgentConfig(io.args, io.env)
    const log = createLog({ level: config.logLevel })
    const policy = config.policy === undefined ? undefined : await readPolicy(config.policy)
    const lock = await lockState(config.state, { clock: realClock, random: realRandom })
    try {
      const agent = await createAgent({
        ...(await io.cluster(config)),
        hub: config.hub,
        token: config.token,
        state: config.state,
        policy,
        clock: realClock,
        random: realRandom,
        log,
      })
      // Timers never keep the process alive; while there is no connection, this does.
      const alive = setInterval(() => undefined, 60_000)
      if (!io.signal.aborted) await new Promise<void>((resolve) => io.signal.addEventListener('abort', () => resolve()))
      await agent.close()
      clearInterval(alive)
    } finally {
      await lock.release()
    }
    return 0
  } catch (error) {
    io.stderr(`flotilla agent: ${error instanceof Error ? error.message : String(error)}\n`)
    if (error instanceof UsageError) io.stderr(AGENT_USAGE)
    return error instanceof UsageError ? 2 : 1
  }
}
