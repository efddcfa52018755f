import { fieldManager } from '@flotilla/shared/argo/annotations'
import type { KindInfo } from '@flotilla/shared/engine/compare-types'
import { serverSide } from '@flotilla/shared/engine/diff'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOf, keyString } from '@flotilla/shared/k8s/ref'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'
import { pathOfObject, type Cluster } from '../cluster/client.ts'

/** What the server would make of targets, asked without writing anything. */
export type Predict = (
  targets: readonly KubeObject[],
  live: (key: string) => KubeObject | undefined,
) => Promise<Predicted>

export interface Predicted {
  readonly predicted: ReadonlyMap<string, KubeObject>
  /** Why one of them could not be asked for: then nothing can be said of any. */
  readonly failed?: string
}

/** Of an application's settings; `asked` grows with each time that somebody wants to know anew. */
export type Predictor = (settings: SyncSettings, asked?: number) => Predict

interface Kept {
  readonly target: string
  readonly version: string
  readonly asked: number
  readonly answer: KubeObject
}

const most = 5_000
const atOnce = 16

/**
 * Asks the server by dry runs, 16 at a time. The same question about the same version of an object is asked once, until
 * somebody wants to know anew: what admits objects may have changed meanwhile.
 */
export function createPredictor(cluster: Cluster, kindOf: (object: KubeObject) => KindInfo): Predictor {
  const known = new Map<string, Kept>()

  async function ask(target: KubeObject, live: KubeObject, asked: number): Promise<KubeObject> {
    const key = keyString(keyOf(target))
    const text = JSON.stringify(target)
    const version = live.metadata.resourceVersion ?? ''
    const kept = known.get(key)
    if (kept?.target === text && kept.version === version && kept.asked >= asked) return kept.answer
    const answer = await cluster.request({
      method: 'PATCH',
      path: pathOfObject(target, kindOf(target)),
      query: { fieldManager, force: true, dryRun: 'All', fieldValidation: 'Ignore' },
      body: target,
      contentType: 'application/apply-patch+yaml',
      idempotent: true,
    })
    const object = JSON.parse(answer.text) as KubeObject
    if (known.size >= most) known.clear()
    known.set(key, { target: text, version, asked, answer: object })
    return object
  }

  return (settings, asked = 0) =>
    async (targets, live) => {
      const predicted = new Map<string, KubeObject>()
      let failed: string | undefined
      const queue = targets.flatMap((target) => {
        const found = live(keyString(keyOf(target)))
        return found && serverSide(settings, target) ? [{ target, found }] : []
      })
      const worker = async (): Promise<void> => {
        for (let next = queue.shift(); next && failed === undefined; next = queue.shift()) {
          try {
            predicted.set(keyString(keyOf(next.target)), await ask(next.target, next.found, asked))
          } catch (error) {
            failed = dryRunFailed(next.target, error)
          }
        }
      }
      await Promise.all(Array.from({ length: Math.min(atOnce, queue.length) }, worker))
      return { predicted, ...(failed !== undefined && { failed }) }
    }
}

function dryRunFailed({ kind, metadata }: KubeObject, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error)
  return (
    'Failed to compare desired state to live state: failed to calculate diff: error calculating server side diff: ' +
    `serverSideDiff error: error running server side apply in dryrun mode for resource ${kind}/${metadata.name ?? ''}: ${reason}`
  )
}
