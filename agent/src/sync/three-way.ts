import { annotation } from '@flotilla/shared/argo/annotations'
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

/**
 * The merge patch of client-side apply: sets what the target says, removes what the last applied one said and this one
 * does not, leaves the rest. Lists are replaced whole. Undefined where live is already so.
 */
export function threeWayPatch(target: KubeObject, live: KubeObject): Record<string, unknown> | undefined {
  const wanted = withLastApplied(target)
  const memory = live.metadata.annotations?.[annotation.lastApplied]
  const last = memory === undefined ? {} : (JSON.parse(memory) as Json)
  const patch = difference(wanted, live, last)
  return Object.keys(patch).length === 0 ? undefined : patch
}

function difference(wanted: Json, live: Json, last: Json): Record<string, unknown> {
  const patch: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(wanted)) {
    const now = live[name]
    if (isJson(value) && isJson(now)) {
      const inner = difference(value, now, isJson(last[name]) ? last[name] : {})
      if (Object.keys(inner).length > 0) patch[name] = inner
    } else if (!deepEqual(value, now) && !(value === null && now === undefined)) patch[name] = value
  }
  for (const name of Object.keys(last)) if (!(name in wanted) && name in live) patch[name] = null
  return patch
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
