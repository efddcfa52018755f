import { annotation } from '../argo/annotations.ts'
import type { KubeObject } from '../k8s/object.ts'

export type PropagationPolicy = 'Foreground' | 'Background' | 'Orphan'

/** Options of a whole sync, from the application or the operation. */
export interface SyncOptions {
  readonly validate: boolean
  readonly createNamespace: boolean
  readonly prunePropagation: PropagationPolicy
  readonly pruneLast: boolean
  readonly prune: 'yes' | 'no' | 'confirm'
  readonly delete: 'yes' | 'no' | 'confirm'
  readonly replace: boolean
  /** As said; where nothing is said, server-side apply is what we do, in Argo CD's words for client-side apply. */
  readonly serverSideApply: boolean | undefined
  readonly clientSideApplyMigration: boolean
  readonly applyOutOfSyncOnly: boolean
  readonly respectIgnoreDifferences: boolean
  readonly failOnSharedResource: boolean
  readonly skipDryRunOnMissingResource: boolean
}

/** Reads `Name=value` options; the last of a name wins, unknown ones count for nothing. */
export function parseSyncOptions(options: readonly string[] | undefined): SyncOptions {
  const given = pairs(options ?? [])
  const on = (name: string) => given.get(name) === 'true'
  return {
    validate: given.get('Validate') !== 'false',
    createNamespace: on('CreateNamespace'),
    prunePropagation: propagation(given.get('PrunePropagationPolicy')),
    pruneLast: on('PruneLast'),
    prune: permission(given.get('Prune')),
    delete: permission(given.get('Delete')),
    replace: on('Replace'),
    serverSideApply: given.has('ServerSideApply') ? on('ServerSideApply') : undefined,
    clientSideApplyMigration: given.get('ClientSideApplyMigration') !== 'false',
    applyOutOfSyncOnly: on('ApplyOutOfSyncOnly'),
    respectIgnoreDifferences: on('RespectIgnoreDifferences'),
    failOnSharedResource: on('FailOnSharedResource'),
    skipDryRunOnMissingResource: on('SkipDryRunOnMissingResource'),
  }
}

/** The options in an object's own annotation: `Prune=false,Validate=false`. */
export function objectOptions(object: KubeObject | undefined): ReadonlyMap<string, string> {
  const text = object?.metadata.annotations?.[annotation.syncOptions]
  return text === undefined ? new Map() : pairs(text.split(','))
}

/** The key of argocd-cm that says how objects are written where nobody says anything: `server-side` (default) or `client-side`. */
export const applyMethodKey = 'application.sync.applyMethod'

/** The options of a sync under the settings that hold for all. */
export function syncOptionsOf(
  options: readonly string[] | undefined,
  argocdCm: Readonly<Record<string, string>>,
): SyncOptions {
  const parsed = parseSyncOptions(options)
  if (parsed.serverSideApply !== undefined || argocdCm[applyMethodKey] !== 'client-side') return parsed
  return { ...parsed, serverSideApply: false }
}

/** How one object is written. */
export interface ApplyMode {
  readonly method: 'server-side' | 'client-side' | 'replace'
  /** Said by the user rather than our default; decides the words of the result. */
  readonly explicit: boolean
  readonly force: boolean
  readonly validate: boolean
  readonly migrate: boolean
}

/** The way an object is written: its own options first, then the sync's. */
export function applyModeOf(
  target: KubeObject,
  live: KubeObject | undefined,
  options: SyncOptions,
  force: boolean,
): ApplyMode {
  const own = objectOptions(target)
  const had = objectOptions(live)
  const replace = own.has('Replace') ? own.get('Replace') === 'true' : options.replace || had.get('Replace') === 'true'
  const serverSide = own.has('ServerSideApply') ? own.get('ServerSideApply') === 'true' : options.serverSideApply
  return {
    method: replace ? 'replace' : serverSide === false ? 'client-side' : 'server-side',
    explicit: serverSide !== undefined,
    force: force || own.get('Force') === 'true',
    validate: own.get('Validate') !== 'false' && options.validate,
    migrate: options.clientSideApplyMigration,
  }
}

/** Whether the object may be pruned: its own word before the application's. */
export function prunePermission(live: KubeObject, options: SyncOptions): 'yes' | 'no' | 'confirm' {
  const own = objectOptions(live)
  if (live.metadata.annotations?.[annotation.helmResourcePolicy] === 'keep') return 'no'
  return own.has('Prune') ? permission(own.get('Prune')) : options.prune
}

/** Whether the object goes when its application is deleted. */
export function deletePermission(live: KubeObject, options: SyncOptions): 'yes' | 'no' | 'confirm' {
  const own = objectOptions(live)
  if (live.metadata.annotations?.[annotation.helmResourcePolicy] === 'keep') return 'no'
  return own.has('Delete') ? permission(own.get('Delete')) : options.delete
}

/** Whether an object goes only once somebody has said so: by its own word, else by the application's. */
export function needsDeletionConfirmation(object: KubeObject, options: SyncOptions): boolean {
  const own = objectOptions(object)
  const of = (name: 'Delete' | 'Prune', fallback: string) => (own.has(name) ? own.get(name) : fallback) === 'confirm'
  return of('Delete', options.delete) || of('Prune', options.prune)
}

function permission(value: string | undefined): 'yes' | 'no' | 'confirm' {
  return value === 'false' ? 'no' : value === 'confirm' ? 'confirm' : 'yes'
}

function propagation(value: string | undefined): PropagationPolicy {
  return value === 'background' ? 'Background' : value === 'orphan' ? 'Orphan' : 'Foreground'
}

function pairs(options: readonly string[]): ReadonlyMap<string, string> {
  const result = new Map<string, string>()
  for (const option of options) {
    const equals = option.indexOf('=')
    if (equals > 0) result.set(option.slice(0, equals).trim(), option.slice(equals + 1).trim())
  }
  return result
}
