import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Option } from 'commander'
import { writeTar } from '@flotilla/shared/runtime/tar'
import { routes } from '@flotilla/shared/api/routes'
import type { Application } from '@flotilla/shared/argo/application'
import type { Client } from '../client.ts'
import { CliError } from '../errors.ts'
import { filesBelow } from './pack.ts'

export interface LocalFlags {
  readonly local?: string
  readonly localRepoRoot?: string
}

/** `--local`, with what a command does with the folder. */
export const localOption = (does: string): Option => new Option('--local <folder>', does)

/** `--local-repo-root`. */
export const localRepoRootOption = (): Option =>
  new Option(
    '--local-repo-root <folder>',
    'the root of the repository that the folder is in (default: the folder itself)',
  )

const chunkBytes = 96 * 1024

/** The manifests that the hub makes of files of this machine, in place of those of the application's repository. */
export async function localManifests(
  client: Client,
  app: Application,
  { local = '', localRepoRoot }: LocalFlags,
  unmasked = false,
): Promise<string[]> {
  if ((app.spec.sources ?? []).length > 0) {
    throw new CliError('--local does not work with applications of several sources', 1)
  }
  const folder = resolve(local)
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new CliError(`${local} is not a folder`, 1)
  const root = localRepoRoot === undefined ? folder : resolve(localRepoRoot)
  const path = relative(root, folder) || '.'
  if (path.startsWith('..'))
    throw new CliError(`${local} is not below ${localRepoRoot ?? ''}, the repository's root`, 1)
  const archive = gzipSync(writeTar(filesBelow(root)))
  const query = {
    name: app.metadata.name,
    appNamespace: app.metadata.namespace,
    checksum: createHash('sha256').update(archive).digest('hex'),
    path,
    ...(unmasked ? { unmasked } : {}),
  }
  const chunks = Array.from({ length: Math.ceil(archive.length / chunkBytes) }, (_, at) => ({
    chunk: { chunk: archive.subarray(at * chunkBytes, (at + 1) * chunkBytes).toString('base64') },
  }))
  const parts = [{ query }, ...chunks]
  return (await client.call<{ manifests?: string[] }>(routes.manifestsWithFiles, { parts })).manifests ?? []
}
