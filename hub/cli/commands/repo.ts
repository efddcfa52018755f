import type { Command } from 'commander'
import { routes } from '@flotilla/shared/api/routes'
import { clientOf, type Rim } from '../context.ts'
import { addCredentialFlags, credentialsOf, type CredentialFlags } from '../credential-flags.ts'
import { CliError } from '../errors.ts'
import { structured } from '../print.ts'
import { table } from '../table.ts'

interface Repository {
  type?: string
  name?: string
  repo: string
  username?: string
  insecure?: boolean
  enableOCI?: boolean
  enableLfs?: boolean
  inheritedCreds?: boolean
  project?: string
  connectionState?: { status?: string; message?: string }
}

interface ReadFlags {
  readonly output: string
  readonly refresh?: string
  readonly project?: string
}

const formats = 'yaml, json, url or wide'

const examples = `
Examples:
  flotilla repo add https://git.example.com/apps.git --username git --password secret
  flotilla repo list --refresh hard
`

/** `repo add|list|get|rm`. */
export function addRepositoryCommands(program: Command, rim: Rim): void {
  const repo = program.command('repo').description('repositories and their credentials').addHelpText('after', examples)

  addCredentialFlags(
    repo
      .command('add <url>')
      .description('register a repository; public ones need no registration')
      .option('--name <name>', 'name, required for Helm repositories')
      .option('--project <name>', 'project it belongs to')
      .option('--insecure-skip-server-verification', 'accept any certificate')
      .option('--insecure-ignore-host-key', 'accept any key of an SSH server (for old scripts)')
      .option('--enable-lfs', 'fetch files of Git LFS')
      .option('--upsert', 'replace one that differs')
      .addHelpText(
        'after',
        '\nExamples:\n  flotilla repo add https://git.example.com/apps.git --username git --password secret\n' +
          '  flotilla repo add git@git.example.com:apps.git --ssh-private-key-path ~/.ssh/id_ed25519\n' +
          '  flotilla repo add https://charts.example.com --type helm --name charts\n',
      ),
  ).action(async (url: string, flags: CredentialFlags & AddFlags, command: Command) => {
    if (flags.type === 'helm' && !flags.name) throw new CliError("Must specify --name for repos of type 'helm'")
    const body = {
      repo: url,
      name: flags.name,
      project: flags.project,
      insecure: flags.insecureSkipServerVerification,
      insecureIgnoreHostKey: flags.insecureIgnoreHostKey,
      enableLfs: flags.enableLfs,
      ...credentialsOf(url, flags),
    }
    const query = { upsert: flags.upsert ?? false }
    const made = await clientOf(command, rim).call<Repository>(routes.createRepository, { body, query })
    rim.out(`Repository '${made.repo}' added\n`)
  })

  repo
    .command('list')
    .description('list repositories')
    .option('-o, --output <format>', formats, 'wide')
    .option('--refresh <how>', 'try the connections anew: hard')
    .action(async (flags: ReadFlags, command: Command) => {
      const list = await clientOf(command, rim).call<{ items: Repository[] | null }>(routes.repositories, {
        query: { forceRefresh: forced(flags) },
      })
      show(list.items ?? [], list.items ?? [], flags.output, rim)
    })

  repo
    .command('get <url>')
    .description('show one repository')
    .option('-o, --output <format>', formats, 'wide')
    .option('--refresh <how>', 'try the connection anew: hard')
    .option('--project <name>', 'project it belongs to')
    .action(async (url: string, flags: ReadFlags, command: Command) => {
      const one = await clientOf(command, rim).call<Repository>(routes.repository, {
        params: { repo: url },
        query: { forceRefresh: forced(flags), appProject: flags.project },
      })
      show([one], one, flags.output, rim)
    })

  repo
    .command('rm <urls...>')
    .description('forget repositories')
    .option('--project <name>', 'project they belong to')
    .option('-y, --yes', 'do not ask')
    .action(async (urls: string[], flags: { project?: string }, command: Command) => {
      for (const url of urls) {
        const query = { appProject: flags.project }
        await clientOf(command, rim).call(routes.deleteRepository, { params: { repo: url }, query })
        rim.out(`Repository '${url}' removed\n`)
      }
    })
}

interface AddFlags {
  readonly name?: string
  readonly project?: string
  readonly insecureSkipServerVerification?: boolean
  readonly insecureIgnoreHostKey?: boolean
  readonly enableLfs?: boolean
  readonly upsert?: boolean
}

function forced({ refresh }: ReadFlags): boolean {
  if (refresh !== undefined && refresh !== '' && refresh !== 'hard') {
    throw new CliError(`unknown refresh value: ${refresh}. Supported values: hard`)
  }
  return refresh === 'hard'
}

function show(all: readonly Repository[], value: unknown, format: string, rim: Rim): void {
  if (format === 'url') return rim.out(all.map((one) => `${one.repo}\n`).join(''))
  const text = structured(format, value)
  if (text !== undefined) return rim.out(text)
  if (format !== 'wide' && format !== '') {
    throw new CliError(`unknown output format: ${format}. Supported formats: yaml|json|url|wide`)
  }
  rim.out(
    table([
      ['TYPE', 'NAME', 'REPO', 'INSECURE', 'OCI', 'LFS', 'CREDS', 'STATUS', 'MESSAGE', 'PROJECT'],
      ...all.map((one) => [
        one.type ?? 'git',
        one.name ?? '',
        one.repo,
        String(one.insecure ?? false),
        String(one.enableOCI ?? false),
        String(one.enableLfs ?? false),
        one.inheritedCreds === true ? 'inherited' : String(Boolean(one.username)),
        one.connectionState?.status ?? '',
        one.connectionState?.message ?? '',
        one.project ?? '',
      ]),
    ]),
  )
}
