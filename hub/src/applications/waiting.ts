import { isUnderWay, type Application } from '@flotilla/shared/argo/application'
import type { ApplicationReport, Wait } from '@flotilla/shared/protocol/report'
import type { ClusterPresence } from '../fleet/ports.ts'
import { nextTryAt, waitingState } from './attempts.ts'
import { rfc3339 } from './conditions.ts'

export interface WaitingInput {
  readonly app: Application
  /** What the agent said last. */
  readonly report: ApplicationReport | undefined
  readonly cluster: string | undefined
  readonly presence: ClusterPresence | undefined
}

/** What an application waits for: what its agent says, or, where that cannot say anything now, why not. */
export function waitingOf(input: WaitingInput): Wait | undefined {
  const { app, report } = input
  const blocked = obstacle(input)
  if (blocked) {
    const { words, since } = blocked
    const asked = askedFor(app)
    if (asked !== undefined)
      return { reason: `${asked} waits: ${words}`, since, details: ['it goes on by itself then'] }
    if (!report?.waits) return undefined
    return { ...report.waits, details: [...(report.waits.details ?? []), `as told before: ${words} since ${since}`] }
  }
  if (report?.waits) return report.waits
  const state = waitingState(app)
  if (!state) return undefined
  const next = nextTryAt(app)
  return {
    reason: state.message ?? '',
    since: state.startedAt,
    ...(next !== undefined && { nextAt: rfc3339(next) }),
  }
}

/** What a person can do about a wait that will not end by itself; empty where nothing is known. */
export function waitingAdvice(name: string, waiting: Wait | undefined): string[] {
  if (!waiting) return []
  const held = (waiting.details ?? []).some((one) => one.includes('held by its finalizers'))
  return [
    ...(/confirmation|would delete/.test(waiting.reason)
      ? [
          `look at what would be deleted. If it is meant: app confirm-deletion ${name}, or annotate the Application ` +
            `with argocd.argoproj.io/deletion-approved: "<the time now>". If not: app terminate-op ${name}, and mend Git.`,
        ]
      : []),
    ...(held
      ? [
          'whoever set a finalizer takes it off when its work is done: see why that controller does not. Where it is ' +
            'gone for good: kubectl patch the object --type=merge -p \'{"metadata":{"finalizers":null}}\'.',
        ]
      : []),
  ]
}

/** Why nobody can act on the cluster now. */
function obstacle({ cluster, presence }: WaitingInput): { readonly words: string; readonly since: string } | undefined {
  if (cluster === undefined || !presence) return undefined
  const { state, since, trouble } = presence
  if (state === 'connected') {
    return trouble && { words: `cluster "${cluster}" does not answer its agent`, since: rfc3339(trouble.since) }
  }
  const words =
    state === 'pending'
      ? `no agent has joined for cluster "${cluster}" yet`
      : state === 'revoked'
        ? `the agent of cluster "${cluster}" was revoked`
        : `the agent of cluster "${cluster}" is away`
  return { words, since: rfc3339(since) }
}

/** What has been asked for and is not done, in words. */
function askedFor({ metadata, operation, status }: Application): string | undefined {
  if (metadata.deletionTimestamp !== undefined) return 'the deletion'
  if (isUnderWay(status?.operationState)) return 'the operation that runs'
  if (!operation) return undefined
  const by = operation.initiatedBy?.username
  return by ? `the sync that ${by} asked for` : 'the sync that is asked for'
}
