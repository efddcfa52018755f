import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
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
    .option('--tls-cert <file>', 'certificate (chain) to serve with, in PEM (default: one that the hub makes itself)')
    .option('--tls-key <file>', 'its private key, in PEM')
    .option('--insecure', 'plain HTTP, for a proxy in front', false)
    .option('--url <url>', 'how others reach this hub, where that is not where it listens')
    .option('--poll <seconds>', 'how often repositories are asked; 0: never', '180')
    .option('--kubeconfig <file>', 'where to write a kubeconfig for the hub (default: DIR/kubeconfig)')
    .parse([...argv], { from: 'user' })
  const flags = program.opts<{
    data: string
    listen: string
    insecure: boolean
    tlsCert?: string
    tlsKey?: string
    url?: string
    poll: string
    kubeconfig?: string
  }>()
  const hub = await createHub(
    {
      data: flags.data,
      ...parseListen(flags.listen),
      insecure: flags.insecure,
      tls: await readTls(flags),
      readTls: () => readTls(flags),
      externalUrl: flags.url,
      adminPassword: process.env['FLOTILLA_ADMIN_PASSWORD'] || undefined,
      pollMs: Number(flags.poll) * 1000,
      proxies: process.env,
    },
    { inCluster: agentBesideHub(flags.data) },
  )
  const kubeconfig = flags.kubeconfig ?? join(flags.data, 'kubeconfig')
  await writeFile(kubeconfig, await hub.kubeconfig(), { mode: 0o600 })
  process.stdout.write(`flotilla hub at ${hub.url}\n`)
  if (hub.firstPassword) process.stdout.write(`user admin, password ${hub.firstPassword} (shown only this once)\n`)
  process.stdout.write(
    flags.insecure
      ? `its objects: ${hub.url}/k8s, with the token in ${kubeconfig} (kubectl itself sends none over plain HTTP)\n`
      : `its objects: kubectl --kubeconfig ${kubeconfig} get applications -A\n`,
  )
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await hub.stop()
  return 0
}

async function readTls(flags: {
  tlsCert?: string
  tlsKey?: string
  insecure: boolean
}): Promise<{ cert: string; key: string } | undefined> {
  const { tlsCert, tlsKey, insecure } = flags
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined) throw new Error('--tls-cert and --tls-key go together: give both')
  if (insecure) throw new Error('--insecure serves plain HTTP: leave out --tls-cert and --tls-key, or --insecure')
  return { cert: await readFile(tlsCert, 'utf8'), key: await readFile(tlsKey, 'utf8') }
}
