import { annotation } from '@flotilla/shared/argo/annotations'
import { wordsOf } from '@flotilla/shared/engine/annotation-options'
import type { DeletePaths } from '@flotilla/shared/engine/compare-types'
import { differ } from '@flotilla/shared/engine/diff'
import { isHook } from '@flotilla/shared/engine/hook-type'
import { prepareTargets } from '@flotilla/shared/engine/targets'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOf, keyString } from '@flotilla/shared/k8s/ref'
import { isSecret } from '@flotilla/shared/k8s/redact'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'
import type { Live } from '../live/live.ts'
import type { Executor } from '../sync/execute.ts'
import type { Observation } from '../sync/observe.ts'
import { maskedPair } from './masked.ts'
import { QueryError } from './query-error.ts'
import { stateItem } from './state-item.ts'

export interface DiffContext {
  readonly live: Live
  readonly executor: Pick<Executor, 'predict'>
  readonly deletePaths?: DeletePaths
}

/**
 * How manifests differ from what is there, by all rules of the application, in their order. Only its own objects are
 * looked at, and only of them the server is asked: manifests are a user's, who may see no more than the application.
 */
export async function diffItems(
  manifests: readonly string[],
  isServerSide: boolean,
  seen: Observation,
  { live, executor, deletePaths }: DiffContext,
): Promise<unknown[]> {
  const settings = isServerSide ? askingTheServer(seen.settings) : seen.settings
  const { kinds } = live.discovery()
  const own = new Map(seen.comparison.resources.map(({ key, live: object }) => [keyString(key), object]))
  const targets = manifests.map((text) => {
    const manifest = manifestOf(text)
    const { targets: plain, hooks } = prepareTargets({ settings, manifests: [manifest], live: [], kinds })
    return plain[0] ?? hooks[0] ?? manifest
  })
  const found = (target: KubeObject) => own.get(keyString(keyOf(target)))
  const asked = targets.filter((target) => !isHook(target))
  const answer = isServerSide ? await executor.predict(settings)(asked, (key) => own.get(key)) : undefined
  if (answer?.failed !== undefined) throw new Error(answer.failed)
  const rules = { settings, ...(deletePaths && { deletePaths }) }
  const compare = differ({ ...rules, ...(answer && { predicted: answer.predicted }) })
  return targets.map((target) => {
    const object = found(target)
    const shown = isSecret(target)
      ? secretly(target, object, answer?.predicted.get(keyString(keyOf(target))), rules)
      : { target, live: object, ...pick(compare(target, object)) }
    return stateItem(keyOf(target), { ...shown, hook: isHook(target) })
  })
}

type Verdict = ReturnType<ReturnType<typeof differ>>

/** Getters are read once. */
function pick({ modified, normalizedLive, predictedLive }: Verdict) {
  return { modified, normalizedLive, predictedLive }
}

/** Secrets are masked first and compared then: what the server would make of one counts as what is wanted. */
function secretly(
  target: KubeObject,
  live: KubeObject | undefined,
  predicted: KubeObject | undefined,
  rules: { readonly settings: SyncSettings; readonly deletePaths?: DeletePaths },
) {
  const pair = maskedPair(predicted ?? target, live, rules.settings.argocdCm)
  return { ...pair, ...pick(differ(rules)(pair.target, pair.live)) }
}

function askingTheServer(settings: SyncSettings): SyncSettings {
  const words = wordsOf(settings.annotations, annotation.compareOptions)
  const kept = words.filter((word) => !word.startsWith('ServerSideDiff='))
  const options = [...kept, 'ServerSideDiff=true'].join(',')
  return { ...settings, annotations: { ...settings.annotations, [annotation.compareOptions]: options } }
}

function manifestOf(text: string): KubeObject {
  const manifest = JSON.parse(text) as KubeObject | null
  if (typeof manifest?.kind === 'string' && typeof manifest.apiVersion === 'string' && manifest.metadata)
    return manifest
  throw new QueryError('invalid', 'a manifest is no Kubernetes object')
}
