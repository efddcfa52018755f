import { createLua } from '@flotilla/agent/health/lua'
import { createVerdictCache, scriptedHealth } from '@flotilla/agent/health/scripts'
import { judgeHealth } from '@flotilla/shared/engine/health/assess'
import { readCustomizations } from '@flotilla/shared/engine/health/customizations'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { parseSettingsYaml as parseYaml } from '@flotilla/agent/health/settings-yaml'
import type { Answerer } from '../door.ts'

/** `object`, `argocd-cm` → `{status, message}` or null. */
export async function healthAnswerer(): Promise<Answerer> {
  const runLua = await createLua(Date.now)
  const cache = createVerdictCache()
  return (input) => {
    const argocdCm = (input['argocd-cm'] as Record<string, string> | undefined) ?? {}
    const scripts = scriptedHealth(readCustomizations(argocdCm, parseYaml), runLua, cache)
    return judgeHealth(input['object'] as KubeObject, { overrides: [scripts] }) ?? null
  }
}
