import type { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { routes } from '@flotilla/shared/api/routes'
import { clientOf, type Rim } from '../context.ts'
import { CliError } from '../errors.ts'
import { structured, unknownFormat } from '../print.ts'
import { table } from '../table.ts'

interface PublicKey {
  keyID: string
  fingerprint?: string
  owner?: string
  subType?: string
  keyData?: string
}

/** `gpg add|list|get|rm`: the keys that commits may be signed with. */
export function addGpgCommands(program: Command, rim: Rim): void {
  const gpg = program.command('gpg').description('public keys that commits may be signed with')

  gpg
    .command('list')
    .description('list keys')
    .option('-o, --output <format>', 'wide, json or yaml', 'wide')
    .action(async ({ output }: { output: string }, command: Command) => {
      const { items } = await clientOf(command, rim).call<{ items: PublicKey[] | null }>(routes.gpgKeys)
      const text = structured(output, items ?? [])
      if (text !== undefined) return rim.out(text)
      if (output !== 'wide' && output !== '') throw unknownFormat(output)
      const rows = (items ?? []).map((key) => [key.keyID, (key.subType ?? '').toUpperCase(), key.owner ?? ''])
      rim.out(table([['KEYID', 'TYPE', 'IDENTITY'], ...rows]))
    })

  gpg
    .command('get <key-id>')
    .description('show one key')
    .option('-o, --output <format>', 'wide, json or yaml', 'wide')
    .action(async (keyID: string, { output }: { output: string }, command: Command) => {
      const key = await clientOf(command, rim).call<PublicKey>(routes.gpgKey, { params: { keyID } })
      const text = structured(output, key)
      if (text !== undefined) return rim.out(text)
      if (output !== 'wide' && output !== '') throw unknownFormat(output)
      rim.out(
        `Key ID:          ${key.keyID}\nKey fingerprint: ${key.fingerprint ?? ''}\n` +
          `Key subtype:     ${(key.subType ?? '').toUpperCase()}\nKey owner:       ${key.owner ?? ''}\n` +
          `Key data follows until EOF:\n${key.keyData ?? ''}\n`,
      )
    })

  gpg
    .command('add')
    .description('add the keys of an armored file')
    .option('-f, --from <file>', 'the file')
    .action(async ({ from }: { from?: string }, command: Command) => {
      if (!from) throw new CliError('--from is mandatory')
      let keyData: string
      try {
        keyData = readFileSync(from, 'utf8')
      } catch (error) {
        throw new CliError(`cannot read ${from}: ${(error as Error).message}`)
      }
      const made = await clientOf(command, rim).call<{ created?: { items: PublicKey[] | null }; skipped?: string[] }>(
        routes.createGpgKey,
        { body: { keyData } },
      )
      const skipped = made.skipped?.length ?? 0
      rim.out(`Created ${made.created?.items?.length ?? 0} key(s) from input file`)
      rim.out(skipped > 0 ? `, and ${skipped} key(s) were skipped because they exist already\n` : '\n')
    })

  gpg
    .command('rm <key-id>')
    .description('trust a key no longer')
    .option('-y, --yes', 'do not ask')
    .action(async (keyID: string, _flags: unknown, command: Command) => {
      await clientOf(command, rim).call(routes.deleteGpgKey, { query: { keyID } })
      rim.out(`Deleted key with key ID ${keyID}\n`)
    })
}
