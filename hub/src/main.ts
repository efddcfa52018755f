import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { parseListen } from './config.ts'
import { createHub } from './hub.ts'
import { agentBesideHub } from './in-cluster.ts'

/** Runs a hub until it is told to stop. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('flotilla hub')
    .description('Runs the hub: reads Git, renders, and tells the agents what their clusters should be.')
    .requiredOption('--data <dir>', 'where the hub keeps everything')
    .option('--listen <addr>', 'HOST:PORT', '0.0.0.0:8443')
    .option('--insecure', 'plain HTTP, for a proxy in front', false)
    .option('--url <url>', 'how others reach this hub, where that is not where it listens')
    .option('--poll <seconds>', 'how often repositories are asked; 0: never', '180')
    .option('--kubeconfig <file>', 'where to write a kubeconfig for the hub (default: DIR/kubeconfig)')
    .parse([...argv], { from: 'user' })
  const flags = program.opts<{
    data: string
    listen: string
    insecure: boolean
    url?: string
    poll: string
    kubeconfig?: string
  }>()
  const hub = await createHub(
    {
      data: flags.data,
      ...parseListen(flags.listen),
      insecure: flags.insecure,
      externalUrl: flags.url,
      adminPassword: process.env['FLOTILLA_ADMIN_PASSWORD'] || undefined,
      pollMs: Number(flags.poll) * 1000,
    },
    { inCluster: agentBesideHub(flags.data) },
  )
  const kubeconfig = flags.kubeconfig ?? join(flags.data, 'kubeconfig')
  await writeFile(kubeconfig, await hub.kubeconfig(), { mode: 0o600 })
  process.stdout.write(`flotilla hub at ${hub.url}\n`)
  if (hub.firstPassword) process.stdout.write(`user admin, password ${hub.firstPassword} (shown only this once)\n`)
  process.stdout.write(`its objects: kubectl --kubeconfig ${kubeconfig} get applications -A\n`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await hub.stop()
  return 0
}
