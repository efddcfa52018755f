import type { HealthStatus } from '@flotilla/shared/argo/application'
import { assessHealth, type HealthJudge, type HealthRule } from '@flotilla/shared/engine/health/assess'
import { conditionsSetting, healthByConditions } from '@flotilla/shared/engine/health/by-conditions'
import { ownHealth, ownRulesSetting } from '@flotilla/shared/engine/health/own/index'
import { readCustomizations } from '@flotilla/shared/engine/health/customizations'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'
import type { RunLua } from './lua.ts'
import { parseSettingsYaml as parseYaml } from './settings-yaml.ts'
import { createVerdictCache, scriptedHealth } from './scripts.ts'

/**
 * Health as an application's settings have it: the scripts of argocd-cm, then what Argo CD has rules for, then our rules
 * for other kinds, then, where asked for, what conditions say. Settings that cannot be read make every verdict `Unknown`, with the reason.
 */
export function healthBySettings(runLua: RunLua): (settings: SyncSettings) => HealthJudge {
  const cache = createVerdictCache()
  let last: { readonly argocdCm: object; readonly text: string; readonly judge: HealthJudge } | undefined
  return ({ argocdCm }) => {
    // All applications of a hub share their settings, so the last reading nearly always serves.
    if (last?.argocdCm === argocdCm) return last.judge
    const text = JSON.stringify(argocdCm)
    last = { argocdCm, text, judge: last?.text === text ? last.judge : judgeOf(argocdCm) }
    return last.judge
  }

  function judgeOf(argocdCm: Readonly<Record<string, string>>): HealthJudge {
    const overrides: readonly HealthRule[] = [scripted(argocdCm)]
    const others: HealthRule[] = []
    if (argocdCm[ownRulesSetting] !== 'false') others.push(ownHealth)
    if (argocdCm[conditionsSetting] === 'true') others.push(healthByConditions)
    return (live, failed) => withoutEmptyMessage(assessHealth(live, { overrides, others, failed }))
  }

  function scripted(argocdCm: Readonly<Record<string, string>>): HealthRule {
    try {
      return scriptedHealth(readCustomizations(argocdCm, parseYaml), runLua, cache)
    } catch (error) {
      return () => {
        throw error
      }
    }
  }
}

/** An application's status leaves an empty message out, and a verdict without a status counts as none. */
export function withoutEmptyMessage(health: HealthStatus | undefined): HealthStatus | undefined {
  if (!health?.status) return undefined
  const { message, ...rest } = health
  return message ? health : rest
}
