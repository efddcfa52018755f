import type { Command } from 'commander'
import { routes } from '@flotilla/shared/api/routes'
import { clientOf, type Rim } from '../context.ts'
import { CliError } from '../errors.ts'
import { structured, unknownFormat } from '../print.ts'
import { table } from '../table.ts'

interface Cluster {
  name: string
  server: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  project?: string
  namespaces?: string[]
  serverVersion?: string
  connectionState?: { status?: string; message?: string }
  info?: { applicationsCount?: number; serverVersion?: string }
}

interface Enrolment {
  token: string
  command: string
  manifest: string
  expiresAt?: string
}

const collect = (value: string, all: string[] = []): string[] => [...all, value]

const examples = `
Examples:
  flotilla cluster add prod --label env=prod        prints how to install its agent
  flotilla cluster set prod --label tier=1
  flotilla cluster list
`

/** `cluster add|list|get|set|rm|rotate-auth|revoke`. */
export function addClusterCommands(program: Command, rim: Rim): void {
  const cluster = program.command('cluster').description('clusters and their agents').addHelpText('after', examples)

  cluster
    .command('add <name>')
    .description('register a cluster; prints the command that installs its agent')
    .option('--label <key=value>', 'label, for ApplicationSets to select by', collect)
    .option('--annotation <key=value>', 'annotation', collect)
    .option('--project <name>', 'project it belongs to')
    .option('-o, --output <format>', 'command (both ways, explained), manifest, token or json', 'command')
    .addHelpText(
      'after',
      '\nThe token is good for one agent, for a short time. The agent keeps a key of its own; the hub keeps no credential of the cluster.\n',
    )
    .action(async (name: string, flags: LabelFlags & { project?: string; output: string }, command: Command) => {
      const made = await clientOf(command, rim).call<Enrolment>(routes.enrolment, {
        params: { id: name },
        body: {
          labels: pairs('label', flags.label),
          annotations: pairs('annotation', flags.annotation),
          ...(flags.project ? { project: flags.project } : {}),
        },
      })
      if (flags.output === 'manifest') rim.out(made.manifest)
      else if (flags.output === 'token') rim.out(`${made.token}\n`)
      else if (flags.output === 'json') rim.out(structured('json', made) ?? '')
      else {
        rim.out(
          `Cluster '${name}' registered. Install its agent, within ${lifetime(made, rim.now())}, in one of two ways:\n\n`,
        )
        rim.out(`In the cluster:\n  flotilla cluster add ${name} -o manifest | kubectl apply -f -\n\n`)
        rim.out(`Anywhere with a kubeconfig for it:\n  ${made.command}\n`)
      }
    })

  cluster
    .command('list')
    .description('list clusters')
    .option('-o, --output <format>', 'wide, server, json or yaml', 'wide')
    .action(async (flags: { output: string }, command: Command) => {
      const clusters = (await clientOf(command, rim).call<{ items: Cluster[] | null }>(routes.clusters)).items ?? []
      if (flags.output === 'server') return rim.out(clusters.map((one) => `${one.server}\n`).join(''))
      const text = structured(flags.output, clusters)
      if (text !== undefined) return rim.out(text)
      rim.out(
        table([
          ['SERVER', 'NAME', 'VERSION', 'STATUS', 'MESSAGE', 'PROJECT'],
          ...clusters.map((one) => [
            one.server,
            one.name,
            one.serverVersion ?? one.info?.serverVersion ?? '',
            one.connectionState?.status ?? 'Unknown',
            one.connectionState?.message ?? '',
            one.project ?? '',
          ]),
        ]),
      )
    })

  cluster
    .command('get <name>')
    .description('show one cluster')
    .option('-o, --output <format>', 'wide, server, json or yaml', 'yaml')
    .action(async (name: string, { output }: { output: string }, command: Command) => {
      const one = await clientOf(command, rim).call<Cluster>(routes.cluster, addressOf(name))
      if (output === 'server') return rim.out(`${one.server}\n`)
      const text = structured(output, one)
      if (text !== undefined) return rim.out(text)
      if (output !== 'wide' && output !== '') throw unknownFormat(output)
      rim.out(describe(one))
    })

  cluster
    .command('set <name>')
    .description('change the labels and annotations of a cluster')
    .option('--label <key=value>', 'label; the others stay', collect)
    .option('--annotation <key=value>', 'annotation; the others stay', collect)
    .action(async (name: string, flags: LabelFlags, command: Command) => {
      const client = clientOf(command, rim)
      const address = addressOf(name)
      const one = await client.call<Cluster>(routes.cluster, address)
      await client.call(routes.updateCluster, {
        ...address,
        body: {
          labels: { ...one.labels, ...pairs('label', flags.label) },
          annotations: { ...one.annotations, ...pairs('annotation', flags.annotation) },
        },
      })
      rim.out(`Cluster '${name}' updated.\n`)
    })

  cluster
    .command('rotate-auth <name>')
    .description('ask an agent to replace its key now')
    .action(async (name: string, _flags: unknown, command: Command) => {
      await clientOf(command, rim).call(routes.rotateAuth, addressOf(name))
      rim.out(`Cluster '${name}' rotated auth\n`)
    })

  cluster
    .command('rm <names...>')
    .description('forget clusters; what was deployed there stays')
    .option('-y, --yes', 'do not ask')
    .action(async (names: string[], _flags: unknown, command: Command) => {
      for (const name of names) {
        await clientOf(command, rim).call(routes.deleteCluster, addressOf(name))
        rim.out(`Cluster '${name}' removed\n`)
      }
    })

  cluster
    .command('revoke <name>')
    .description("cut a cluster's agent off at once; its key is never accepted again")
    .action(async (name: string, _flags: unknown, command: Command) => {
      await clientOf(command, rim).call(routes.revoke, addressOf(name))
      rim.out(`Agent of cluster '${name}' revoked\n`)
    })
}

interface LabelFlags {
  readonly label?: readonly string[]
  readonly annotation?: readonly string[]
}

/** By name, or by the URL of its API. */
const addressOf = (name: string) => ({
  params: { id: name },
  query: { 'id.type': name.includes('://') ? 'url' : 'name' },
})

function pairs(flag: string, texts: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw new CliError(`--${flag} takes KEY=VALUE, not "${text}"`, 1)
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}

function describe(one: Cluster): string {
  const row = (label: string, value: string): string => `  ${label.padEnd(23)}${value}\n`
  const labels = Object.entries(one.labels ?? {}).map(([key, value]) => `${key}=${value}`)
  return [
    'Cluster information\n\n',
    row('Server URL:', one.server),
    row('Server Name:', one.name || '-'),
    row('Server Version:', one.serverVersion ?? one.info?.serverVersion ?? ''),
    row('Namespaces:', one.namespaces?.join(', ') || 'All namespaces'),
    row('Labels:', labels.join(',')),
    '\nAgent\n\n',
    row('Status:', one.connectionState?.status ?? 'Unknown'),
    row('Message:', one.connectionState?.message ?? ''),
    '\n',
  ].join('')
}

function lifetime(made: Enrolment, now: number): string {
  if (!made.expiresAt) return 'its short lifetime'
  return `${Math.max(1, Math.round((Date.parse(made.expiresAt) - now) / 60_000))} minutes`
}
