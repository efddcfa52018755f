import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environment } from '@flotilla/shared/runtime/environment'
import type { InClusterAccess } from './hub.ts'

/** The command line, which knows how to run an agent. */
const program = fileURLToPath(new URL('../bin/flotilla.js', import.meta.url))

/**
 * Runs the agent of the hub's own cluster as a process beside the hub: the same program, the same channel as any other,
 * pointed at the hub's own Kubernetes API. Ends with the hub; comes back if it dies.
 */
export function agentBesideHub(data: string): (access: InClusterAccess) => Promise<() => Promise<void>> {
  return async (access) => {
    const kubeconfig = join(data, 'in-cluster.kubeconfig')
    const token = join(data, 'in-cluster.token')
    await writeFile(kubeconfig, access.kubeconfig, { mode: 0o600 })
    await writeFile(token, access.joinToken, { mode: 0o600 })
    let stopped = false
    let child = start()
    function start() {
      const started = spawn(
        process.execPath,
        [
          program,
          'agent',
          '--hub',
          access.hubUrl,
          '--token-file',
          token,
          '--kubeconfig',
          kubeconfig,
          '--state',
          join(data, 'in-cluster'),
          '--log-level',
          'warn',
        ],
        // A pipe that nobody writes to: its end tells the agent that the hub is gone, however it went.
        {
          stdio: ['pipe', 'inherit', 'inherit'],
          env: { ...environment, ...process.env, FLOTILLA_END_WITH_STDIN: '1' },
        },
      )
      started.on('exit', () => {
        if (!stopped) setTimeout(() => (child = stopped ? child : start()), 1000).unref()
      })
      return started
    }
    return async () => {
      stopped = true
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      child.kill('SIGTERM')
      await ended
    }
  }
}
