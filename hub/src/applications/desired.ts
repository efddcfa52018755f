import { annotation } from '@flotilla/shared/argo/annotations'
import { sourcesOf, type Application, type Operation } from '@flotilla/shared/argo/application'
import { controlNamespace } from '@flotilla/shared/argo/resources'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'
import type { ProjectSpec } from '../projects/permits.ts'
import { RenderError, type RenderContext, type Rendered, type Renderer, type RenderRequest } from '../render/render.ts'
import { codeOf } from '../render/failures.ts'
import type { Settings } from '../settings/settings.ts'
import type { ClusterEntry } from './spec-check.ts'
import { jsonSyntaxError } from '@flotilla/shared/lang/go-json-error'
import { createHash } from 'node:crypto'
import { GitError } from '../git/repository.ts'

/** The name by which tracking ids and manifests know an application. */
export function instanceName(app: Application): string {
  const { namespace, name } = app.metadata
  return !namespace || namespace === controlNamespace ? (name ?? '') : `${namespace}_${name ?? ''}`
}

/** Everything but manifests that the agent needs to compare and sync: part of the bundle. */
export function syncSettings(
  app: Application,
  project: ProjectSpec,
  settings: Settings,
  sourceTypes: readonly string[],
  cluster?: ClusterEntry,
): SyncSettings {
  const { roles: _roles, ...projectSpec } = project
  return {
    instance: instanceName(app),
    project: app.spec.project || 'default',
    destination: app.spec.destination ?? {},
    ...(cluster ? { cluster: { name: cluster.name, server: cluster.server } } : {}),
    sources: [...sourcesOf(app.spec)],
    multiSource: (app.spec.sources?.length ?? 0) > 0,
    sourceTypes: [...sourceTypes],
    ...(app.spec.syncPolicy ? { syncPolicy: app.spec.syncPolicy } : {}),
    ...(app.spec.ignoreDifferences ? { ignoreDifferences: app.spec.ignoreDifferences } : {}),
    annotations: steering(app.metadata.annotations ?? {}),
    trackingMethod: settings.trackingMethod,
    instanceLabelKey: settings.instanceLabelKey,
    ...(settings.installationId ? { installationId: settings.installationId } : {}),
    argocdCm: settings.resourceKeys,
    projectSpec,
  }
}

const steeringKeys: ReadonlySet<string> = new Set([
  annotation.compareOptions,
  annotation.syncOptions,
  annotation.skipReconcile,
  annotation.deletionApproved,
  annotation.clientSideApplyMigrationManager,
  annotation.manifestGeneratePaths,
])

/** Only annotations that change what the agent does: others would change the bundle for nothing. */
function steering(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations).filter(([key]) => steeringKeys.has(key) || key.startsWith('link.argocd.argoproj.io/')),
  )
}

export type Made =
  | { readonly rendered: Rendered }
  | { readonly failure: string; readonly transient: boolean; readonly message: string }

export interface MakeOptions extends Pick<RenderRequest, 'noCache' | 'recall'> {
  readonly operation?: Operation | undefined
}

/** Renders the application as it stands, or as an operation wants it; a failure is a value, in the words of a condition. */
export async function make(
  renderer: Renderer,
  app: Application,
  context: RenderContext,
  settings: Settings,
  options: MakeOptions = {},
): Promise<Made> {
  const sync = options.operation?.sync
  if (sync?.manifests && sync.manifests.length > 0) return local(sync.manifests, sync.revision ?? '')
  const sources = sync?.sources?.length ? sync.sources : sync?.source ? [sync.source] : sourcesOf(app.spec)
  const revisions = sync?.revisions?.length ? sync.revisions : sync?.revision ? [sync.revision] : undefined
  try {
    const rendered = await renderer.render({
      sources,
      revisions,
      context,
      settings: settings.render,
      noCache: options.noCache,
      recall: options.recall,
    })
    return { rendered }
  } catch (error) {
    if (!(error instanceof RenderError) && !(error instanceof GitError)) throw error
    return failed(error, sources.length)
  }
}

/** A failure to make manifests as a value, in the words of a condition. */
export function failed(error: RenderError | GitError, sources: number): Extract<Made, { failure: string }> {
  const { message } = error
  const transient = error instanceof GitError && error.transient
  const why = message.startsWith('failed to get ref sources')
    ? message
    : `failed to generate manifest for source ${(error.source ?? 0) + 1} of ${sources}: rpc error: code = ${codeOf(message)} desc = ${message}`
  const failure = `Failed to load target state: ${why}`
  return { failure, transient, message }
}

function local(manifests: readonly string[], revision: string): Made {
  const objects: KubeObject[] = []
  for (const text of manifests) {
    try {
      objects.push(JSON.parse(text) as KubeObject)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      const message = `Failed to load local manifests: ${jsonSyntaxError(text)}`
      return { failure: message, transient: false, message }
    }
  }
  return {
    rendered: {
      manifests: objects,
      sourceTypes: [],
      revisions: [revision],
      treeDigest: digestOf(manifests),
      warnings: [],
    },
  }
}

/**
 * The manifests from a user's disk that the application is compared with: those of the sync that runs, or ran last. An
 * automated application follows Git, and a dry run changes nothing.
 */
export function localManifests({
  spec,
  status,
  operation = status?.operationState?.operation,
}: Application): Operation | undefined {
  const { sync } = operation ?? {}
  const automated = spec.syncPolicy?.automated
  if (!sync?.manifests?.length || sync.dryRun || (automated && automated.enabled !== false)) return undefined
  // Argo CD shows the name of the revision, as no commit was looked at.
  const names = sourcesOf(spec).map(({ targetRevision = '' }) => targetRevision)
  return { sync: { manifests: sync.manifests, revision: names[0] ?? '' } }
}

function digestOf(texts: readonly string[]): string {
  return `local ${createHash('sha256').update(JSON.stringify(texts)).digest('hex')}`
}
