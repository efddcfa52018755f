import type { ApplicationSource } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { resolveTool, type Tool, type ToolName } from '@flotilla/shared/runtime/tools'
import { LRUCache } from 'lru-cache'
import { upTo } from '@flotilla/shared/runtime/up-to'
import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { GitError, type Repositories, type Tree } from '../git/repository.ts'
import { detectType } from './detect.ts'
import { renderDirectory } from './directory.ts'
import { buildEnvironment } from './environment.ts'
import { defaultExecLimits, type ExecLimits } from './exec.ts'
import { createFailures, failureKey } from './failures.ts'
import { renderHelm } from './helm.ts'
import { renderKustomize } from './kustomize.ts'
import { RenderError, type Rendered, type Renderer, type RenderRequest, type SourceType } from './render.ts'
import { withSourceFiles } from './source-file.ts'
import { makeWorkspace, refuseOutside } from './workspace.ts'

export interface RendererOptions {
  readonly repositories: Repositories
  /** Where private checkouts are made. */
  readonly dir: string
  readonly limits?: ExecLimits
  readonly tool?: (name: ToolName) => Promise<Tool>
  /** Of the text of manifests kept in memory. */
  readonly cacheBytes?: number
  /** Milliseconds since the epoch. */
  readonly now: (this: void) => number
}

/** One source, resolved and read. */
interface Prepared {
  readonly source: ApplicationSource
  readonly revision: string
  readonly tree: Tree
  readonly type: SourceType
  /** A tool may read beyond the source's own folder to make the manifests. */
  readonly outside: boolean
}

interface RefSource {
  readonly url: string
  readonly revision: string
}

/** The renderer: reads Git objects, keeps results by what was read, and runs tools only where there is no result. */
export function createRenderer(options: RendererOptions): Renderer {
  const { repositories, limits = defaultExecLimits, tool = (name: ToolName) => resolveTool(name) } = options
  // As text: a fifth of the space, and most that is asked for again is only to be found unchanged.
  const cache = new LRUCache<string, string>({
    maxSize: options.cacheBytes ?? 32 * 1024 * 1024,
    sizeCalculation: (text) => text.length + 1,
  })
  /** By Git's id of the folder and all that was asked: what was found without reading a file of it. */
  const shortcuts = new LRUCache<string, { readonly key: string; readonly type: SourceType }>(upTo(20_000))
  const running = new Map<string, Promise<readonly KubeObject[]>>()
  const failures = createFailures(options.now)

  const prepare = async (source: ApplicationSource, revision: string, request: RenderRequest): Promise<Prepared> => {
    if (source.chart)
      throw new RenderError(`${source.repoURL}: Helm repositories (source.chart ${source.chart}) are not supported yet`)
    const tree = await repositories.readTree(source.repoURL, revision, source.path ?? '.')
    const merged = withSourceFiles(source, tree, request.context.appName)
    const type = detectType(merged, tree, request.settings ?? {})
    return { source: merged, revision, tree, type, outside: type !== 'Directory' && readsOutside(merged, tree) }
  }

  const run = async (
    { source, revision, tree, type, outside }: Prepared,
    request: RenderRequest,
    refs: ReadonlyMap<string, RefSource>,
  ): Promise<readonly KubeObject[]> => {
    const { context, settings = {} } = request
    if (type === 'Plugin') throw new RenderError('config management plugins are not supported')
    if (type === 'Directory')
      return renderDirectory(tree, {
        directory: source.directory ?? {},
        jsonnetEnabled: settings.jsonnetEnabled !== false,
        jsonnet: (file) => Promise.reject(new RenderError(`${file.path}: Jsonnet is not installed`)),
      })
    refuseOutside(tree.files)
    const workspace = await makeWorkspace(options.dir)
    try {
      const path = source.path ?? '.'
      await repositories.checkout(source.repoURL, revision, workspace.root, outside ? '' : path)
      const environment = buildEnvironment(context, source, revision)
      if (type === 'Kustomize')
        return await renderKustomize({
          kustomize: source.kustomize ?? {},
          buildOptions: settings.kustomizeBuildOptions ?? '',
          sources: context.sources ?? [],
          tool: await tool('kustomize'),
          environment,
          workspace,
          path,
          limits,
        })
      const folders = new Map<string, string>()
      for (const [name, ref] of refs) {
        const folder = join(workspace.scratch, `ref-${folders.size}`)
        await mkdir(folder)
        await repositories.checkout(ref.url, ref.revision, folder)
        folders.set(`$${name}`, folder)
      }
      return await renderHelm({
        helm: source.helm ?? {},
        refs: folders,
        tool: await tool('helm'),
        schemes: settings.helmValuesFileSchemes ?? ['http', 'https'],
        context,
        environment,
        workspace,
        path,
        limits,
      })
    } finally {
      await workspace.remove()
    }
  }

  const one = async (
    prepared: Prepared,
    request: RenderRequest,
    refs: ReadonlyMap<string, RefSource>,
  ): Promise<{ manifests: readonly KubeObject[]; key: string }> => {
    const key = await keyOf(prepared, request, refs, repositories)
    const kept = request.noCache ? undefined : cache.get(key)
    if (kept !== undefined) return { manifests: JSON.parse(kept) as KubeObject[], key }
    let work = running.get(key)
    if (!work) {
      work = run(prepared, request, refs).finally(() => running.delete(key))
      running.set(key, work)
    }
    const manifests = await work
    cache.set(key, JSON.stringify(manifests))
    return { manifests, key }
  }

  /** Nothing the source reads has changed since it was rendered, as Git's id of its folder tells. */
  const shortcutOf = async (
    source: ApplicationSource,
    revision: string,
    request: RenderRequest,
  ): Promise<string | undefined> => {
    if (source.chart || isNamed(source)) return undefined
    const folder = await repositories.folderId(source.repoURL, revision, source.path ?? '.')
    if (folder === undefined) return undefined
    return createHash('sha256')
      .update(JSON.stringify([folder, source, request.settings, request.context]))
      .digest('hex')
  }

  const all = async (request: RenderRequest, revisions: readonly string[]): Promise<Rendered> => {
    const refs = refsOf(request.sources, revisions)
    const several = request.sources.length > 1
    const manifests: KubeObject[] = []
    const sourceTypes: (SourceType | '')[] = []
    const digest = createHash('sha256')
    for (const [i, source] of request.sources.entries()) {
      if (several) refuseUnknownRefs(source, i, refs)
      if (source.ref && !source.path && !source.chart) {
        sourceTypes.push('')
        continue
      }
      const revision = revisions[i] ?? ''
      const shortcut = await ofSource(i, shortcutOf(source, revision, request))
      const known = shortcut === undefined || request.noCache ? undefined : shortcuts.get(shortcut)
      const text = known && cache.get(known.key)
      if (known && text !== undefined) {
        manifests.push(...(JSON.parse(text) as KubeObject[]))
        sourceTypes.push(known.type)
        digest.update(known.key)
        continue
      }
      const prepared = await ofSource(i, prepare(source, revision, request))
      const done = await ofSource(i, one(prepared, request, refs))
      if (shortcut !== undefined && dependsOnItsFolder(prepared))
        shortcuts.set(shortcut, { key: done.key, type: prepared.type })
      manifests.push(...done.manifests)
      sourceTypes.push(prepared.type)
      digest.update(done.key)
    }
    return { manifests, sourceTypes, revisions, treeDigest: `sha256:${digest.digest('hex')}`, warnings: [] }
  }

  return {
    async detect(url, revision, path) {
      const tree = await repositories.readTree(url, await repositories.resolve(url, revision), path)
      return detectType({ repoURL: url }, tree, {})
    },
    async render(request): Promise<Rendered> {
      const revisions: string[] = []
      for (const [i, source] of request.sources.entries()) {
        const wanted = request.revisions?.[i] || source.targetRevision || ''
        revisions.push(source.chart ? wanted : await ofSource(i, repositories.resolve(source.repoURL, wanted)))
      }
      const known = failures.empty ? undefined : failures.known(failureKey(request, revisions), request)
      if (known) throw Object.assign(new RenderError(known.told), { source: known.source })
      try {
        const rendered = await all(request, revisions)
        if (!failures.empty) failures.succeeded(failureKey(request, revisions))
        return rendered
      } catch (error) {
        const counts = error instanceof RenderError || (error instanceof GitError && !error.transient)
        if (counts) failures.failed(failureKey(request, revisions), error.message, error.source)
        throw error
      }
    },
  }
}

/** A failure that knows which source it was. */
async function ofSource<T>(index: number, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof RenderError || error instanceof GitError) error.source = index
    throw error
  }
}

/** What several sources may refer to as `$name/…`. */
function refsOf(sources: readonly ApplicationSource[], revisions: readonly string[]): ReadonlyMap<string, RefSource> {
  const refs = new Map<string, RefSource>()
  for (const [i, source] of sources.entries()) {
    if (!source.ref) continue
    if (!/^[A-Za-z0-9_-]+$/.test(source.ref))
      throw new RenderError(
        `failed to get ref sources: sources.ref ${source.ref} cannot contain any special characters except '_' and '-'`,
      )
    if (refs.has(source.ref))
      throw new RenderError('failed to get ref sources: invalid sources: multiple sources had the same `ref` key')
    refs.set(source.ref, { url: source.repoURL, revision: revisions[i] ?? '' })
  }
  return refs
}

/** Among several sources `$name/…` can only mean one of them. */
function refuseUnknownRefs(source: ApplicationSource, index: number, refs: ReadonlyMap<string, RefSource>): void {
  const { valueFiles = [], fileParameters = [] } = source.helm ?? {}
  for (const file of [...valueFiles, ...fileParameters.map(({ path = '' }) => path)]) {
    const [name = ''] = file.split('/')
    if (!name.startsWith('$') || refs.has(name.slice(1))) continue
    const known = [...refs.keys()].map((ref) => `$${ref}`).join(', ')
    const why =
      refs.size === 0
        ? "but no source has a 'ref' field defined"
        : `which is not one of the available sources (${known})`
    const error = new RenderError(`source referenced "${name}", ${why}`)
    error.source = index
    throw error
  }
}

/** Whether making these manifests may read beyond the source's own folder; when in doubt it does. */
function readsOutside(source: ApplicationSource, tree: Tree): boolean {
  const options = JSON.stringify([source.helm ?? {}, source.kustomize ?? {}])
  if (options.includes('../') || options.includes('"/')) return true
  return tree.files.some((file) => file.linked || Buffer.from(file.bytes).includes('..'))
}

function toolsOf({
  helm,
  kustomize,
  directory,
}: ApplicationSource): Pick<ApplicationSource, 'helm' | 'kustomize' | 'directory'> {
  return { helm, kustomize, directory } as Pick<ApplicationSource, 'helm' | 'kustomize' | 'directory'>
}

/** The options name the revision, or another source. */
function isNamed(source: ApplicationSource): boolean {
  return JSON.stringify(toolsOf(source)).includes('$')
}

/** No file beyond the source's folder, and no option found in it, says anything about the manifests. */
function dependsOnItsFolder({ source, outside }: Prepared): boolean {
  return !isNamed(source) && !outside
}

/** Everything the manifests depend on. The revision counts only where it is named in the options or read through them. */
async function keyOf(
  { source, revision, tree, type, outside }: Prepared,
  request: RenderRequest,
  refs: ReadonlyMap<string, RefSource>,
  repositories: Repositories,
): Promise<string> {
  const tools = toolsOf(source)
  const named = isNamed(source)
  const parts = {
    tree: outside ? (await repositories.readTree(source.repoURL, revision, '.')).digest : tree.digest,
    type,
    tools,
    settings: request.settings,
    context: request.context,
    path: source.path,
    ...(named ? { revision, source, refs: [...refs] } : {}),
  }
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
