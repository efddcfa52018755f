import type { Command } from 'commander'
import { clientOf, type Rim } from '../context.ts'
import { CliError } from '../errors.ts'
import { structured } from '../print.ts'
import { field, table } from '../table.ts'

interface Cluster {
  name: string
  server: string
  labels?: Record<string, string>
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

/** `cluster add|list|get|rm|revoke`. */
export function addClusterCommands(program: Command, rim: Rim): void {
  const cluster = program.command('cluster').description('clusters and their agents')

  cluster
    .command('add <name>')
    .description('register a cluster; prints the command that installs its agent')
    .option('--label <key=value>', 'label, for ApplicationSets to select by', collect)
    .option('-o, --output <format>', 'command (both ways, explained), manifest, token or json', 'command')
    .addHelpText(
      'after',
      '\nThe token is good for one agent, for a short time. The agent keeps a key of its own; the hub keeps no credential of the cluster.\n',
    )
    .action(async (name: string, flags: { label?: string[]; output: string }, command: Command) => {
      const labels: Record<string, string> = {}
      for (const text of flags.label ?? []) {
        const at = text.indexOf('=')
        if (at < 1) throw new CliError(`--label takes KEY=VALUE, not "${text}"`, 1)
        labels[text.slice(0, at)] = text.slice(at + 1)
      }
      const made = await clientOf(command, rim).send<Enrolment>(
        'POST',
        `/v1/clusters/${encodeURIComponent(name)}/enrolment`,
        { labels },
      )
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
      const clusters = (await clientOf(command, rim).get<{ items: Cluster[] | null }>('/v1/clusters')).items ?? []
      if (flags.output === 'server') return rim.out(clusters.map((one) => `${one.server}\n`).join(''))
      const text = structured(flags.output, clusters)
      if (text !== undefined) return rim.out(text)
      rim.out(
        table([
          ['SERVER', 'NAME', 'VERSION', 'STATUS', 'MESSAGE', 'APPS'],
          ...clusters.map((one) => [
            one.server,
            one.name,
            one.serverVersion ?? one.info?.serverVersion ?? '',
            one.connectionState?.status ?? 'Unknown',
            one.connectionState?.message ?? '',
            String(one.info?.applicationsCount ?? 0),
          ]),
        ]),
      )
    })

  cluster
    .command('get <name>')
    .description('show one cluster')
    .option('-o, --output <format>', 'wide, json or yaml', 'yaml')
    .action(async (name: string, flags: { output: string }, command: Command) => {
      const one = await clientOf(command, rim).get<Cluster>(`/v1/clusters/${encodeURIComponent(name)}`, {
        'id.type': idType(name),
      })
      const text = structured(flags.output, one)
      if (text !== undefined) return rim.out(text)
      rim.out(
        field('Name:', one.name) +
          field('Server:', one.server) +
          field('Status:', one.connectionState?.status ?? 'Unknown') +
          field('Message:', one.connectionState?.message ?? '') +
          field(
            'Labels:',
            Object.entries(one.labels ?? {})
              .map(([key, value]) => `${key}=${value}`)
              .join(','),
          ),
      )
    })

  cluster
    .command('rm <names...>')
    .description('forget clusters; what was deployed there stays')
    .option('-y, --yes', 'do not ask')
    .action(async (names: string[], _flags: unknown, command: Command) => {
      for (const name of names) {
        await clientOf(command, rim).send('DELETE', `/v1/clusters/${encodeURIComponent(name)}`, undefined, {
          'id.type': idType(name),
        })
        rim.out(`Cluster '${name}' removed\n`)
      }
    })

  cluster
    .command('revoke <name>')
    .description("cut a cluster's agent off at once; its key is never accepted again")
    .action(async (name: string, _flags: unknown, command: Command) => {
      await clientOf(command, rim).send('DELETE', `/v1/clusters/${encodeURIComponent(name)}/enrolment`)
      rim.out(`Agent of cluster '${name}' revoked\n`)
    })
}

const idType = (name: string): string => (name.includes('://') ? 'url' : 'name')

function lifetime(made: Enrolment, now: number): string {
  if (!made.expiresAt) return 'its short lifetime'
  return `${Math.max(1, Math.round((Date.parse(made.expiresAt) - now) / 60_000))} minutes`
}
