import type { Command } from 'commander'
import { routes } from '@flotilla/shared/api/routes'
import { clientOf, type Rim } from '../context.ts'
import { addCredentialFlags, credentialsOf, type CredentialFlags } from '../credential-flags.ts'
import { structured, unknownFormat } from '../print.ts'
import { table } from '../table.ts'

interface Credentials {
  url: string
  username?: string
}

/** `repocreds add|list|rm`: credentials for every repository below a URL. */
export function addRepoCredsCommands(program: Command, rim: Rim): void {
  const creds = program.command('repocreds').description('credentials for all repositories below a URL')

  addCredentialFlags(
    creds
      .command('add <url>')
      .description('keep credentials for all repositories whose address begins like this')
      .option('--upsert', 'replace those that differ')
      .addHelpText(
        'after',
        '\nExample:\n  flotilla repocreds add https://git.example.com/team/ --username git --password secret\n',
      ),
  ).action(async (url: string, flags: CredentialFlags & { upsert?: boolean }, command: Command) => {
    const body = { url, ...credentialsOf(url, flags) }
    const query = { upsert: flags.upsert ?? false }
    const made = await clientOf(command, rim).call<Credentials>(routes.createRepoCreds, { body, query })
    rim.out(`Repository credentials for '${made.url}' added\n`)
  })

  creds
    .command('list')
    .description('list credentials')
    .option('-o, --output <format>', 'wide, url, json or yaml', 'wide')
    .action(async ({ output }: { output: string }, command: Command) => {
      const { items } = await clientOf(command, rim).call<{ items: Credentials[] | null }>(routes.repoCreds)
      const all = items ?? []
      if (output === 'url') return rim.out(all.map((one) => `${one.url}\n`).join(''))
      const text = structured(output, all)
      if (text !== undefined) return rim.out(text)
      if (output !== 'wide' && output !== '') throw unknownFormat(output)
      rim.out(
        table([
          ['URL PATTERN', 'USERNAME', 'SSH_CREDS', 'TLS_CREDS'],
          ...all.map((one) => [one.url, one.username ?? '', 'false', 'false']),
        ]),
      )
    })

  creds
    .command('rm <urls...>')
    .description('forget credentials')
    .option('-y, --yes', 'do not ask')
    .action(async (urls: string[], _flags: unknown, command: Command) => {
      for (const url of urls) {
        await clientOf(command, rim).call(routes.deleteRepoCreds, { params: { url } })
        rim.out(`Repository credentials for '${url}' removed\n`)
      }
    })
}
