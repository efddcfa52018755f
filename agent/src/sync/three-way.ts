import { annotation } from '@flotilla/shared/argo/annotations'
import { mergeThreeWay } from '@flotilla/shared/engine/scheme/three-way'
import { schemeType } from '@flotilla/shared/engine/scheme/types'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'

type Json = Readonly<Record<string, unknown>>

/** The object with the memory that client-side apply leaves on it. */
export function withLastApplied(target: KubeObject): KubeObject {
  const { [annotation.lastApplied]: _old, ...annotations } = target.metadata.annotations ?? {}
  const plain = { ...target, metadata: { ...target.metadata, annotations } }
  const memory = `${JSON.stringify(plain)}\n`
  return {
    ...plain,
    metadata: { ...plain.metadata, annotations: { ...annotations, [annotation.lastApplied]: memory } },
  }
}

/** The object without fields that are null: what a client creates is what an update with the same text would leave. */
export function withoutNulls<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => withoutNulls(item)) as T
  if (!isJson(value)) return value
  const kept = Object.entries(value).filter(([, item]) => item !== null)
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNulls(item)])) as T
}

/**
 * The patch of client-side apply: sets what the target says, removes what the last applied one said and this one does
 * not, leaves the rest. Lists of known kinds are merged by their keys, as kubectl does; the patch holds them whole, so it
 * names the version it was made for. Undefined where live is already so.
 */
export function threeWayPatch(target: KubeObject, live: KubeObject): Record<string, unknown> | undefined {
  const memory = live.metadata.annotations?.[annotation.lastApplied]
  const last = memory === undefined ? {} : withoutMemory(JSON.parse(memory) as KubeObject)
  const merged = mergeThreeWay(last, withLastApplied(target), live, schemeType(live.apiVersion, live.kind))
  const patch = difference(merged, live)
  if (Object.keys(patch).length === 0) return undefined
  const { resourceVersion } = live.metadata
  if (!holdsList(patch) || resourceVersion === undefined) return patch
  return { ...patch, metadata: { ...(isJson(patch['metadata']) && patch['metadata']), resourceVersion } }
}

/** The memory of what was applied never removes itself. */
function withoutMemory(last: KubeObject): Json {
  const { [annotation.lastApplied]: _, ...annotations } = last.metadata?.annotations ?? {}
  return { ...last, metadata: { ...last.metadata, annotations } }
}

/** The JSON merge patch from one object to another. */
function difference(wanted: Json, live: Json): Record<string, unknown> {
  const patch: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(wanted)) {
    const now = live[name]
    if (isJson(value) && isJson(now)) {
      const inner = difference(value, now)
      if (Object.keys(inner).length > 0) patch[name] = inner
    } else if (!deepEqual(value, now) && !(value === null && now === undefined)) patch[name] = value
  }
  for (const name of Object.keys(live)) if (!(name in wanted)) patch[name] = null
  return patch
}

function holdsList(value: unknown): boolean {
  return Array.isArray(value) || (isJson(value) && Object.values(value).some(holdsList))
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
