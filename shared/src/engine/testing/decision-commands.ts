import type { OperationState, RetryStrategy, SyncOperation, SyncPolicy } from '../../argo/application.ts'
import { decideAutoSync, healDelay } from '../auto-sync.ts'
import { cascadeStep } from '../delete.ts'
import { clusterDeletion, clusterDeletionLimit, massDeletion, massDeletionLimit } from '../guards/mass-deletion.ts'
import { pruneForbidden } from '../guards/prune-allowed.ts'
import { makesHistory } from '../history.ts'
import { afterFailure, nextAttempt, retryAt, retryDelay } from '../retry.ts'
import { matchingWindows, syncPermitted, type ProjectSyncWindow } from '../sync-window.ts'
import { parseSyncOptions } from '../sync-options.ts'
import { argument, yaml, type Command } from './command.ts'
import { settings } from './operation-world.ts'
import { linesOf, scriptObject } from './script-objects.ts'

const now = Date.parse('2026-01-05T10:00:00Z')
const source = { repoURL: 'https://git.example.com/r', path: 'p' }

interface AutoSyncScript {
  readonly automated?: SyncPolicy['automated'] | null
  readonly retry?: RetryStrategy
  readonly sync?: 'Synced' | 'OutOfSync' | 'Unknown'
  readonly blind?: readonly string[]
  readonly objects?: readonly string[]
  readonly revision?: string
  readonly deleting?: boolean
  readonly blocked?: string
  readonly unstarted?: string
  readonly last?: {
    readonly phase: OperationState['phase']
    readonly revision?: string
    readonly path?: string
    readonly message?: string
    readonly attempts?: number
    readonly ago?: number
  }
}

/** `auto-sync`: the state as YAML, the decision out. */
const autoSync: Command = (_, input) => {
  const given = yaml<AutoSyncScript | undefined>(input) ?? {}
  const objects = (given.objects ?? ['ConfigMap/a']).map(scriptObject)
  const { last } = given
  const decision = decideAutoSync({
    settings: {
      ...settings,
      sources: [source],
      syncPolicy: {
        ...(given.automated === null ? {} : { automated: given.automated ?? {} }),
        ...(given.retry ? { retry: given.retry } : {}),
      },
    },
    comparison: {
      sync: given.sync ?? 'OutOfSync',
      ...(given.blind && { blind: new Map(given.blind.map((kind) => [kind, 'it is forbidden'])) }),
      hooks: [],
      conditions: [],
      resources: objects.map(({ object, words }) => ({
        key: { group: '', kind: object.kind, namespace: 'ns', name: object.metadata.name ?? '' },
        version: 'v1',
        hook: false,
        modified: true,
        ...(!words.includes('extra') && { target: object }),
        ...(words.includes('going') && {
          live: { ...object, metadata: { ...object.metadata, deletionTimestamp: '2026-01-05T09:00:00Z' } },
        }),
        row: {
          version: 'v1',
          kind: object.kind,
          name: object.metadata.name ?? '',
          status: words.includes('synced') ? 'Synced' : words.includes('unknown') ? 'Unknown' : 'OutOfSync',
          ...(words.includes('extra') ? { requiresPruning: true } : {}),
        },
      })),
    },
    revisions: [given.revision ?? 'c1'],
    last: last && {
      phase: last.phase,
      startedAt: '2026-01-05T09:00:00Z',
      finishedAt: new Date(now - (last.ago ?? 3600) * 1000).toISOString(),
      ...(last.message === undefined ? {} : { message: last.message }),
      operation: { sync: last.attempts === undefined ? {} : { autoHealAttemptsCount: last.attempts } },
      syncResult: { revision: last.revision ?? 'c1', source: { ...source, path: last.path ?? 'p' } },
    },
    deleting: given.deleting ?? false,
    blocked: given.blocked,
    unstarted: given.unstarted,
    now,
  })
  const said = decision.type !== 'sync' && decision.error ? `\n${decision.error}` : ''
  if (decision.type === 'later') return `later, in ${(decision.at - now) / 1000} s: ${decision.reason}${said}`
  if (decision.type === 'no') return `no: ${decision.reason}${said}`
  const { sync, retry, initiatedBy } = decision.operation
  const what = (sync?.resources ?? []).map(({ kind, name }) => `${kind}/${name}`).join(', ')
  return [
    `sync to ${sync?.revision ?? ''}${sync?.prune ? ', with prune' : ''}${initiatedBy?.automated ? ', automated' : ''}`,
    ...(what === '' ? [] : [`only ${what}; attempt ${sync?.autoHealAttemptsCount ?? 0}`]),
    ...(retry?.limit === undefined ? [] : [`retries: ${retry.limit}`]),
  ].join('\n')
}

/** `heal-delay N…`: seconds before each attempt; argocd-cm below. */
const heal: Command = (args, input) =>
  args
    .map((count) => `${count}: ${healDelay(Number(count), yaml<Record<string, string>>(input) ?? {}) / 1000} s`)
    .join('\n')

/** `retry-delay N…`, the strategy below: seconds before each attempt. */
const delays: Command = (args, input) =>
  args
    .map((count) => `${count}: ${retryDelay(yaml<RetryStrategy>(input) ?? undefined, Number(count)) / 1000} s`)
    .join('\n')

/** `failed COUNT [terminated]`, the strategy below: what becomes of an operation that failed so often before. */
const failed: Command = ([count = '0', ...args], input) => {
  const state: OperationState = {
    phase: 'Failed',
    message: 'it broke',
    startedAt: '2026-01-05T09:59:00Z',
    retryCount: Number(count),
    operation: { sync: {}, retry: yaml<RetryStrategy>(input) ?? {} },
  }
  const after = afterFailure(state, now, args.includes('terminated'))
  const at = retryAt(after)
  return `${after.phase}: ${after.message ?? ''}${at === undefined ? '' : `\nnext at ${new Date(at).toISOString()}`}`
}

/** `next-attempt LATEST`, the strategy below: the revision that is tried, and what is kept of the last try. */
const attempt: Command = ([latest = ''], input) => {
  const after = nextAttempt(
    {
      phase: 'Running',
      startedAt: '2026-01-05T09:59:00Z',
      retryCount: 1,
      operation: { sync: { revision: 'old' }, retry: yaml<RetryStrategy>(input) ?? {} },
      syncResult: { revision: 'old', resources: [] },
    } as OperationState,
    [latest],
  )
  return `${after.message ?? ''}\nrevision ${after.syncResult?.revision ?? ''}, rows ${after.syncResult?.resources ? 'kept' : 'cleared'}`
}

/** `history`, phase and sync below: whether it makes an entry. */
const history: Command = (_, input) => {
  const { phase, ...sync } = yaml<SyncOperation & { phase?: OperationState['phase'] }>(input) ?? {}
  const state = { phase: phase ?? 'Succeeded', startedAt: '', operation: { sync } } as OperationState
  return makesHistory(state) ? 'an entry' : 'none'
}

/** `window TIME [manual] [started:TIME]`, the project's windows below, for application `web` in `prod` on `east`. */
const window: Command = ([time = '', ...args], input) => {
  const subject = { name: 'web', destination: { name: 'east', server: 'https://east', namespace: 'prod' } }
  const matching = matchingWindows(yaml<ProjectSyncWindow[]>(input) ?? [], subject)
  const started = argument(args, 'started')
  const answer = syncPermitted(matching, {
    now: Date.parse(time),
    manual: args.includes('manual'),
    ...(started === undefined ? {} : { startedAt: Date.parse(started) }),
  })
  return answer.allowed ? 'allowed' : `refused: ${answer.reason}`
}

/** `cascade [options] [approved]`, one live object a line: what a deletion does next. */
const cascade: Command = (args, input) => {
  const live = linesOf(input).map((line) => {
    const { object, words } = scriptObject(line)
    const { namespace = '', name = '' } = object.metadata
    const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : ''
    const id = `app:${group}/${object.kind}:${namespace}/${name}`
    const annotations = { 'argocd.argoproj.io/tracking-id': id, ...object.metadata.annotations }
    const leaving = words.includes('leaving') ? { deletionTimestamp: '2026-01-05T10:00:00Z' } : {}
    return { ...object, metadata: { ...object.metadata, annotations, ...leaving } }
  })
  const step = cascadeStep({
    settings,
    options: parseSyncOptions(args.filter((arg) => arg.includes('='))),
    live,
    permitted: () => true,
    uncertain: args.includes('uncertain') ? 'services could not be listed' : undefined,
    approvedAt: args.includes('approved') ? '2026-01-05T10:00:00Z' : undefined,
    deletingSince: '2026-01-05T09:00:00Z',
  })
  const removed = step.remove.map(({ kind, metadata }) => `delete ${kind}/${metadata.name ?? ''}`)
  return [...removed, step.done ? 'done' : (step.waiting ?? '')].join('\n')
}

/** `mass-deletion PRUNES OWNED [OTHERS]`: whether somebody is asked; with what others pruned, OWNED is the cluster's. */
const mass: Command = ([prunes = '0', owned = '0', others]) => {
  const keys = Array.from({ length: Number(prunes) }, (_, n) => ({
    group: '',
    kind: 'ConfigMap',
    namespace: 'ns',
    name: `c${n}`,
  }))
  const reason =
    others === undefined
      ? massDeletion(keys, Number(owned), massDeletionLimit)
      : clusterDeletion(keys, { pruned: Number(others), owned: Number(owned) }, clusterDeletionLimit)
  return reason === undefined ? 'goes on' : reason.replace(/ \(.*/, '')
}

/** `prune-allowed GROUP/KIND`, what is not certain below. */
const prune: Command = ([type = ''], input) => {
  const given =
    yaml<{ manifests?: string; stale?: string[]; unlisted?: Record<string, string> } | undefined>(input) ?? {}
  const [group, kind] = [type.slice(0, type.lastIndexOf('/')), type.slice(type.lastIndexOf('/') + 1)]
  const reason = pruneForbidden(
    { group, kind, namespace: 'ns', name: 'x' },
    {
      unlisted: ({ group, kind }) => given.unlisted?.[`${group}/${kind}`],
      ...(given.manifests === undefined ? {} : { manifests: given.manifests }),
      ...(given.stale === undefined ? {} : { stale: given.stale }),
    },
  )
  return reason === undefined ? 'allowed' : `kept: ${reason}`
}

/** Commands about when and whether to act. */
export const decisionCommands: Readonly<Record<string, Command>> = {
  'auto-sync': autoSync,
  'heal-delay': heal,
  'retry-delay': delays,
  failed,
  'next-attempt': attempt,
  history,
  window,
  cascade,
  'mass-deletion': mass,
  'prune-allowed': prune,
}
