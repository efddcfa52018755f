import { annotation } from '../argo/annotations.ts'
import type { KubeObject } from '../k8s/object.ts'
import { annotationWords, hasOption } from './annotation-options.ts'

export type PropagationPolicy = 'Foreground' | 'Background' | 'Orphan'

/** Whether something may be done, must not be, or only once a person has said so. */
export type Permission = 'yes' | 'no' | 'confirm'

/** Options of a whole sync, from the application or the operation. */
export interface SyncOptions {
  readonly validate: boolean
  readonly createNamespace: boolean
  readonly prunePropagation: PropagationPolicy
  readonly pruneLast: boolean
  readonly prune: Permission
  readonly delete: Permission
  readonly replace: boolean
  /** As said; where nothing is said, server-side apply is what we do, in Argo CD's words for client-side apply. */
  readonly serverSideApply: boolean | undefined
  readonly clientSideApplyMigration: boolean
  readonly applyOutOfSyncOnly: boolean
  readonly respectIgnoreDifferences: boolean
  readonly failOnSharedResource: boolean
  readonly skipDryRunOnMissingResource: boolean
}

/** Reads the options of a sync; unknown ones count for nothing. */
export function parseSyncOptions(options: readonly string[] = []): SyncOptions {
  const on = (option: string) => options.includes(option)
  const serverSideApply = on('ServerSideApply=true') ? true : on('ServerSideApply=false') ? false : undefined
  return {
    validate: !on('Validate=false'),
    createNamespace: on('CreateNamespace=true'),
    prunePropagation: on('PrunePropagationPolicy=background')
      ? 'Background'
      : on('PrunePropagationPolicy=orphan') && !on('PrunePropagationPolicy=foreground')
        ? 'Orphan'
        : 'Foreground',
    pruneLast: on('PruneLast=true'),
    prune: permission(valueOf(options, 'Prune')),
    delete: permission(valueOf(options, 'Delete')),
    replace: on('Replace=true'),
    serverSideApply,
    clientSideApplyMigration: !on('ClientSideApplyMigration=false'),
    applyOutOfSyncOnly: on('ApplyOutOfSyncOnly=true'),
    respectIgnoreDifferences: on('RespectIgnoreDifferences=true'),
    failOnSharedResource: on('FailOnSharedResource=true'),
    skipDryRunOnMissingResource: on('SkipDryRunOnMissingResource=true'),
  }
}

/** Whether an object's own annotation holds an option, as `Prune=false`. */
export function objectHas(object: KubeObject | undefined, option: string): boolean {
  return hasOption(object, annotation.syncOptions, option)
}

/** The value of a `Name=value` option; the first of a name counts. */
function valueOf(options: readonly string[], name: string): string | undefined {
  return options.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1)
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

/** The way an object is written: its own options first, then the sync's. Replacing beats server-side apply. */
export function applyModeOf(
  target: KubeObject,
  live: KubeObject | undefined,
  options: SyncOptions,
  force: boolean,
): ApplyMode {
  const either = (option: string) => objectHas(target, option) || objectHas(live, option)
  const serverSide = objectHas(target, 'ServerSideApply=false')
    ? false
    : objectHas(target, 'ServerSideApply=true') || options.serverSideApply
  return {
    method:
      options.replace || either('Replace=true') ? 'replace' : serverSide === false ? 'client-side' : 'server-side',
    explicit: serverSide !== undefined,
    force: force || either('Force=true'),
    validate: options.validate && !objectHas(target, 'Validate=false'),
    migrate: options.clientSideApplyMigration,
  }
}

/** Whether the object may be pruned: its own word before the application's. */
export function prunePermission(live: KubeObject, options: SyncOptions): Permission {
  const own = ownValue(live, 'Prune')
  return own === undefined ? options.prune : permission(own)
}

/** Whether the object goes when its application is deleted. */
export function deletePermission(live: KubeObject, options: SyncOptions): Permission {
  if (hasOption(live, annotation.helmResourcePolicy, 'keep')) return 'no'
  const own = ownValue(live, 'Delete')
  return own === undefined ? options.delete : permission(own)
}

/** Whether an object goes only once somebody has said so: by its own word, else by the application's. */
export function needsDeletionConfirmation(object: KubeObject, options: SyncOptions): boolean {
  if (object.metadata.annotations?.[annotation.syncOptions] === undefined) {
    return options.delete === 'confirm' || options.prune === 'confirm'
  }
  const of = (name: 'Delete' | 'Prune', fallback: Permission) => permission(ownValue(object, name) ?? fallback)
  return of('Delete', options.delete) === 'confirm' || of('Prune', options.prune) === 'confirm'
}

function ownValue(object: KubeObject, name: string): string | undefined {
  return valueOf(annotationWords(object, annotation.syncOptions), name)
}

function permission(value: string | undefined): Permission {
  return value === 'false' || value === 'no' ? 'no' : value === 'confirm' ? 'confirm' : 'yes'
}
