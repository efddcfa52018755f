import type { Command } from 'commander'
import type { Application, ApplicationSource, ApplicationSpec, RetryStrategy } from '@flotilla/shared/argo/application'
import { CliError } from '../errors.ts'
import { addSourceFlags, applySourceFlags, speaksOfSource } from './source-flags.ts'

const collect = (value: string, previous: string[] = []): string[] => [...previous, value]

export interface SpecFlags {
  readonly project?: string
  readonly destName?: string
  readonly destServer?: string
  readonly destNamespace?: string
  readonly syncPolicy?: string
  readonly autoPrune?: boolean
  readonly selfHeal?: boolean
  readonly allowEmpty?: boolean
  readonly syncOption?: readonly string[]
  readonly syncRetryLimit?: string
  readonly syncRetryBackoffDuration?: string
  readonly syncRetryBackoffMaxDuration?: string
  readonly syncRetryBackoffFactor?: string
  readonly syncRetryRefresh?: boolean
  readonly revisionHistoryLimit?: string
}

/** Flags of `app create` and `app set` that describe the application, with Argo CD's names. */
export function addSpecFlags(command: Command): Command {
  addSourceFlags(command)
  return command
    .option('--project <name>', 'project the application belongs to')
    .option('--dest-name <cluster>', 'name of the destination cluster')
    .option('--dest-server <url>', 'URL of the destination cluster')
    .option('--dest-namespace <namespace>', 'namespace of the destination')
    .option('--sync-policy <policy>', 'none (manual) or automated (auto)')
    .option('--auto-prune', 'automated syncs delete what left Git')
    .option('--self-heal', 'automated syncs undo changes made in the cluster')
    .option('--allow-empty', 'automated syncs may delete everything')
    .option('--sync-option <option>', 'add a sync option, or remove it with a leading !', collect)
    .option('--sync-retry-limit <n>', 'how often a failed sync is retried')
    .option('--sync-retry-backoff-duration <duration>', 'first pause (5s)')
    .option('--sync-retry-backoff-max-duration <duration>', 'longest pause (3m0s)')
    .option('--sync-retry-backoff-factor <n>', 'growth of the pause (2)')
    .option('--sync-retry-refresh', 'retries take the newest revision')
    .option('--revision-history-limit <n>', 'how many deployments are remembered')
}

/** Writes the flags that were given into the spec; the others stay as they are. `position` counts sources from 1. */
export function applySpecFlags(spec: ApplicationSpec, flags: SpecFlags, position?: number): void {
  if (flags.project !== undefined) spec.project = flags.project
  if (flags.revisionHistoryLimit !== undefined) {
    spec.revisionHistoryLimit = wholeNumber('--revision-history-limit', flags.revisionHistoryLimit)
  }
  const destination = (spec.destination ??= {})
  if (flags.destName !== undefined) destination.name = flags.destName
  if (flags.destServer !== undefined) destination.server = flags.destServer
  if (flags.destNamespace !== undefined) destination.namespace = flags.destNamespace
  if (speaksOfSource(flags)) applySourceFlags(sourceAt(spec, position), flags)
  applyPolicyFlags(spec, flags)
}

/** The source that is meant: of several, one has to be named by its position, counted from 1. */
export function sourceAt(spec: ApplicationSpec, position: number | undefined): ApplicationSource {
  if (!spec.sources || spec.sources.length === 0) return (spec.source ??= { repoURL: '' })
  if (position === undefined || position <= 0) {
    throw new CliError(
      'Source position should be specified and must be greater than 0 for applications with multiple sources',
    )
  }
  const found = spec.sources[position - 1]
  if (!found) throw new CliError('Source position should be less than the number of sources in the application')
  return found
}

/** The position of a source, by number or by name. */
export function positionOf(
  spec: ApplicationSpec,
  flags: { readonly sourcePosition?: string; readonly sourceName?: string },
): number | undefined {
  const { sourcePosition, sourceName } = flags
  if (sourceName !== undefined && sourcePosition !== undefined) {
    throw new CliError('Only one of source-position and source-name can be specified.')
  }
  if (sourcePosition !== undefined) return wholeNumber('--source-position', sourcePosition)
  if (sourceName === undefined) return undefined
  const at = (spec.sources ?? []).findIndex((source) => source.name === sourceName)
  if (at < 0) throw new CliError(`Unknown source name '${sourceName}'`, 1)
  return at + 1
}

function applyPolicyFlags(spec: ApplicationSpec, flags: SpecFlags): void {
  const policy = (spec.syncPolicy ??= {})
  if (flags.syncPolicy !== undefined) {
    if (['none', 'manual'].includes(flags.syncPolicy)) delete policy.automated
    else if (['automated', 'automatic', 'auto'].includes(flags.syncPolicy)) policy.automated = {}
    else throw new CliError(`Invalid sync-policy: ${flags.syncPolicy}`, 1)
  }
  const automated = { prune: flags.autoPrune, selfHeal: flags.selfHeal, allowEmpty: flags.allowEmpty }
  for (const [key, value] of Object.entries(automated)) {
    if (value === undefined) continue
    // What automation would do can be said before it is switched on.
    policy.automated = { ...(policy.automated ?? { enabled: false }), [key]: value }
  }
  for (const option of flags.syncOption ?? []) {
    const remove = option.startsWith('!')
    const text = remove ? option.slice(1) : option
    const others = (policy.syncOptions ?? []).filter((one) => one !== text)
    policy.syncOptions = remove ? others : [...others, text]
    if (policy.syncOptions.length === 0) delete policy.syncOptions
  }
  const retry = retryOf(flags)
  if (retry === 'none') delete policy.retry
  else if (retry) policy.retry = retry
  else if (flags.syncRetryRefresh) policy.retry = { ...policy.retry, refresh: true }
  if (Object.keys(policy).length === 0) delete spec.syncPolicy
}

function retryOf(flags: SpecFlags): RetryStrategy | 'none' | undefined {
  if (flags.syncRetryLimit === undefined) return undefined
  const limit = wholeNumber('--sync-retry-limit', flags.syncRetryLimit)
  if (limit === 0) return 'none'
  if (limit < 0) throw new CliError(`Invalid sync-retry-limit [${limit}]`, 1)
  return {
    limit,
    backoff: {
      duration: flags.syncRetryBackoffDuration ?? '5s',
      maxDuration: flags.syncRetryBackoffMaxDuration ?? '3m0s',
      factor: wholeNumber('--sync-retry-backoff-factor', flags.syncRetryBackoffFactor ?? '2'),
    },
    ...(flags.syncRetryRefresh ? { refresh: true } : {}),
  }
}

function wholeNumber(flag: string, text: string): number {
  if (!/^-?\d+$/.test(text)) throw new CliError(`${flag} takes a whole number, not "${text}"`, 1)
  return Number(text)
}

/** A new application of the flags; metadata beside them. */
export function newApplication(name: string, flags: SpecFlags): Application {
  const app: Application = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name },
    spec: { project: 'default', destination: {} },
  }
  applySpecFlags(app.spec, flags)
  return app
}
