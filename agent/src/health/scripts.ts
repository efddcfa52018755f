import { createHash } from 'node:crypto'
import type { HealthStatus } from '@flotilla/shared/argo/application'
import type { HealthRule } from '@flotilla/shared/engine/health/assess'
import { healthCustomization, type Customizations } from '@flotilla/shared/engine/health/customizations'
import { withLowerCaseNames } from '@flotilla/shared/engine/health/go-json'
import { HealthFailure } from '@flotilla/shared/engine/health/failed'
import { gvkOf } from '@flotilla/shared/k8s/gvk'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { Recent } from '@flotilla/shared/lang/recent'
import type { RunLua } from './lua.ts'

/** Verdicts that were reached, or the errors, by what they were reached from. */
export type VerdictCache = Recent<string, Kept>

type Kept = { readonly verdict: HealthStatus } | { readonly error: Error }

const codes = new Set(['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown'])

/** Keeps the last verdicts that were asked for, at most `size` of them. */
export function createVerdictCache(size = 20_000): VerdictCache {
  return new Recent(size)
}

/** Health by the scripts of argocd-cm; no opinion on kinds without one. A script that fails throws in Argo CD's words. */
export function scriptedHealth(customizations: Customizations, runLua: RunLua, cache: VerdictCache): HealthRule {
  return (object) => {
    const { group, kind } = gvkOf(object)
    const customization = healthCustomization(customizations, group, kind)
    const script = customization?.health
    if (!script) return undefined
    const openLibs = customization.openLibs ?? false
    // What a script sees of the clock is not in the key, so such verdicts are not kept.
    const key = /\bos\b/.test(script) ? undefined : digest(script, openLibs, object)
    const judged = (): Kept => judge(script, openLibs, object, runLua)
    const found = key === undefined ? judged() : cache.get(key, judged)
    if ('verdict' in found) return found.verdict
    throw new HealthFailure(object, found.error)
  }
}

function digest(script: string, openLibs: boolean, object: KubeObject): string {
  return createHash('sha256')
    .update(JSON.stringify([script, openLibs, object]))
    .digest('base64')
}

function judge(script: string, openLibs: boolean, object: KubeObject, runLua: RunLua): Kept {
  try {
    return { verdict: verdictOf(runLua({ script, openLibs, globals: { obj: object } })) }
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }
}

/** A script's answer as a verdict. Nothing, a list, or fields of other types give an empty one, which counts as none. */
function verdictOf(value: unknown): HealthStatus {
  const empty = { status: '', message: '' } as unknown as HealthStatus
  if (value === undefined) return empty
  if (typeof value !== 'object' || value === null) {
    throw new Error(`expect table output from Lua script, not ${typeof value}`)
  }
  if (Array.isArray(value)) return empty
  const { status = '', message = '' } = withLowerCaseNames(value)
  if (typeof status !== 'string' || typeof message !== 'string') return empty
  if (!codes.has(status)) return { status: 'Unknown', message: 'Lua returned an invalid health status' }
  return { status: status as HealthStatus['status'], message }
}
