import type { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { routes } from '@flotilla/shared/api/routes'
import { orderedBy } from '@flotilla/shared/lang/order'
import { clientOf, type Rim } from '../context.ts'
import { CliError } from '../errors.ts'
import { structured, unknownFormat } from '../print.ts'
import { table } from '../table.ts'

interface Certificate {
  serverName?: string
  certType?: string
  certSubType?: string
  certInfo?: string
}

interface AddFlags {
  readonly from?: string
  readonly upsert?: boolean
  readonly batch?: boolean
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** `cert add-tls|add-ssh|list|rm`: by what the servers of repositories are known. */
export function addCertificateCommands(program: Command, rim: Rim): void {
  const cert = program.command('cert').description('certificates and SSH known hosts of repository servers')

  cert
    .command('add-tls <server>')
    .description('trust a TLS certificate for one server')
    .option('--from <file>', 'PEM file (default: standard input)')
    .option('--upsert', 'replace one that differs')
    .action(async (server: string, flags: AddFlags, command: Command) => {
      rim.out(
        flags.from
          ? `Reading TLS certificate data in PEM format from '${flags.from}'\n`
          : 'Enter TLS certificate data in PEM format. Press CTRL-D when finished.\n',
      )
      const found = read(flags.from).match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n?/g) ?? []
      const unique = [...new Set(found)]
      if (unique.length === 0) return rim.out('No valid certificates have been detected in the stream.\n')
      const items = [{ serverName: server, certType: 'https', certData: base64(unique.join('\n')) }]
      await clientOf(command, rim).call(routes.createCertificates, { body: { items }, query: { upsert: flags.upsert } })
      rim.out(
        `Created/updated TLS certificate entry for repository server ${server} with ${unique.length} unique PEM certificates\n`,
      )
    })

  cert
    .command('add-ssh')
    .description('trust the keys of SSH servers, as `ssh-keyscan` prints them')
    .option('--batch', 'read many lines (required)')
    .option('--from <file>', 'file (default: standard input)')
    .option('--upsert', 'replace those that differ')
    .addHelpText('after', '\nExample:\n  ssh-keyscan git.example.com | flotilla cert add-ssh --batch\n')
    .action(async (flags: AddFlags, command: Command) => {
      if (!flags.batch) throw new CliError('you need to specify --batch or specify --help for usage instructions')
      rim.out(
        flags.from
          ? `Reading SSH known hosts entries from file '${flags.from}'\n`
          : 'Enter SSH known hosts entries, one per line. Press CTRL-D when finished.\n',
      )
      const items = read(flags.from).split('\n').flatMap(knownHosts)
      if (items.length === 0) throw new CliError('No valid SSH known hosts data found.')
      const made = await clientOf(command, rim).call<{ items: Certificate[] | null }>(routes.createCertificates, {
        body: { items },
        query: { upsert: flags.upsert },
      })
      rim.out(`Successfully created ${made.items?.length ?? 0} SSH known host entries\n`)
    })

  cert
    .command('list')
    .description('list certificates and known hosts')
    .option('-o, --output <format>', 'wide, json or yaml', 'wide')
    .option('--sort <by>', 'hostname or type')
    .option('--cert-type <type>', 'ssh or https')
    .option('--hostname-pattern <glob>', 'of matching hosts')
    .action(async (flags: Record<string, string>, command: Command) => {
      const type = flags['certType']
      if (type && type !== 'ssh' && type !== 'https') {
        rim.out('cert-type must be either ssh or https\n')
        throw new CliError('', 1)
      }
      const query = { certType: type, hostNamePattern: flags['hostnamePattern'] }
      const { items } = await clientOf(command, rim).call<{ items: Certificate[] | null }>(routes.certificates, {
        query,
      })
      const output = flags['output'] ?? 'wide'
      const text = structured(output, items ?? [])
      if (text !== undefined) return rim.out(text)
      if (output !== 'wide' && output !== '') throw unknownFormat(output)
      const by = (one: Certificate): string => (flags['sort'] === 'type' ? one.certType : one.serverName) ?? ''
      const sorted = (items ?? []).toSorted(orderedBy(by))
      const rows = sorted.map((one) => [
        one.serverName ?? '',
        one.certType ?? '',
        one.certSubType ?? '',
        one.certInfo ?? '',
      ])
      rim.out(table([['HOSTNAME', 'TYPE', 'SUBTYPE', 'INFO'], ...rows]))
    })

  cert
    .command('rm <server>')
    .description('trust no longer')
    .option('--cert-type <type>', 'only ssh or https')
    .option('--cert-sub-type <type>', 'only of this kind (for ssh)')
    .option('-y, --yes', 'do not ask')
    .action(async (server: string, flags: { certType?: string; certSubType?: string }, command: Command) => {
      if (server === '*') throw new CliError('A single wildcard is not allowed as REPOSERVER name.')
      const query = { hostNamePattern: server, certType: flags.certType, certSubType: flags.certSubType }
      const gone = await clientOf(command, rim).call<{ items: Certificate[] | null }>(routes.deleteCertificates, {
        query,
      })
      if (!gone.items) return rim.out('No certificates were removed (none matched the given pattern)\n')
      for (const one of gone.items) {
        rim.out(
          `Removed cert for '${one.serverName ?? ''}' of type '${one.certType ?? ''}' (subtype '${one.certSubType ?? ''}')\n`,
        )
      }
    })
}

function read(file: string | undefined): string {
  try {
    return readFileSync(file ?? 0, 'utf8')
  } catch (error) {
    throw new CliError(`cannot read ${file ?? 'standard input'}: ${(error as Error).message}`)
  }
}

/** One line may name several hosts for a key. */
function knownHosts(line: string): object[] {
  const [, hosts, certSubType, key] = /^\s*([^\s#]\S*) (\S+) (.+)$/.exec(line) ?? []
  if (hosts === undefined || key === undefined) return []
  return hosts.split(',').map((serverName) => ({ serverName, certType: 'ssh', certSubType, certData: base64(key) }))
}
