import type { Command } from 'commander'
import { clientOf, type Rim } from '../context.ts'
import { structured } from '../print.ts'
import { table } from '../table.ts'

interface Repository {
  type?: string
  name?: string
  repo: string
  username?: string
  insecure?: boolean
  enableLfs?: boolean
  inheritedCreds?: boolean
  project?: string
  connectionState?: { status?: string; message?: string }
}

/** `repo add|list|get|rm`. */
export function addRepositoryCommands(program: Command, rim: Rim): void {
  const repo = program.command('repo').description('Git repositories and their credentials')

  repo
    .command('add <url>')
    .description('register a repository; public ones need no registration')
    .option('--type <type>', 'git or helm', 'git')
    .option('--name <name>', 'name, required for Helm repositories')
    .option('--project <name>', 'project it belongs to')
    .option('--username <name>', 'user name')
    .option('--password <password>', 'password or token')
    .option('--bearer-token <token>', 'bearer token')
    .option('--insecure-skip-server-verification', 'accept any certificate')
    .option('--upsert', 'replace one that differs')
    .action(async (url: string, flags: Record<string, string | boolean>, command: Command) => {
      const { upsert, ...rest } = flags
      await clientOf(command, rim).send(
        'POST',
        '/v1/repositories',
        {
          repo: url,
          type: rest['type'],
          name: rest['name'],
          project: rest['project'],
          username: rest['username'],
          password: rest['password'],
          bearerToken: rest['bearerToken'],
          insecure: rest['insecureSkipServerVerification'],
        },
        { upsert: Boolean(upsert) },
      )
      rim.out(`Repository '${url}' added\n`)
    })

  repo
    .command('list')
    .description('list repositories')
    .option('-o, --output <format>', 'wide, url, json or yaml', 'wide')
    .action(async (flags: { output: string }, command: Command) => {
      const repositories =
        (await clientOf(command, rim).get<{ items: Repository[] | null }>('/v1/repositories')).items ?? []
      if (flags.output === 'url') return rim.out(repositories.map((one) => `${one.repo}\n`).join(''))
      const text = structured(flags.output, repositories)
      if (text !== undefined) return rim.out(text)
      rim.out(
        table([
          ['TYPE', 'NAME', 'REPO', 'INSECURE', 'OCI', 'LFS', 'CREDS', 'STATUS', 'MESSAGE', 'PROJECT'],
          ...repositories.map((one) => [
            one.type ?? 'git',
            one.name ?? '',
            one.repo,
            String(one.insecure ?? false),
            'false',
            String(one.enableLfs ?? false),
            String(Boolean(one.username) || one.inheritedCreds === true),
            one.connectionState?.status ?? '',
            one.connectionState?.message ?? '',
            one.project ?? '',
          ]),
        ]),
      )
    })

  repo
    .command('get <url>')
    .description('show one repository')
    .option('-o, --output <format>', 'json or yaml', 'yaml')
    .action(async (url: string, flags: { output: string }, command: Command) => {
      const one = await clientOf(command, rim).get<Repository>(`/v1/repositories/${encodeURIComponent(url)}`)
      rim.out(structured(flags.output, one) ?? '')
    })

  repo
    .command('rm <urls...>')
    .description('forget repositories')
    .action(async (urls: string[], _flags: unknown, command: Command) => {
      for (const url of urls) {
        await clientOf(command, rim).send('DELETE', `/v1/repositories/${encodeURIComponent(url)}`)
        rim.out(`Repository '${url}' removed\n`)
      }
    })
}
