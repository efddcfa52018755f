import { createLua } from '@flotilla/agent/health/lua'
import { listActions, planAction } from '@flotilla/agent/health/scripted-actions'
import { readCustomizations } from '@flotilla/shared/engine/health/customizations'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { parseSettingsYaml as parseYaml } from '@flotilla/agent/health/settings-yaml'
import type { Answerer } from '../door.ts'

// A moment that no case has, so that what is now can be told from what was in the object.
const now = new Date('2041-02-03T04:05:06Z')

/** The recordings say `<time>` for now and `<n>` for a stamp in a generated name. */
function normalized(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replace(/2041-02-03T04:05:06Z?/g, '<time>')
    .replace(/-(?:20)?4102030405"/g, '-<n>"')
  return JSON.parse(text)
}

/** `list`: `object` → the actions by name. `run`: also `action`, `parameters` → what is patched and created. */
export async function actionsAnswerer(): Promise<Answerer> {
  const runLua = await createLua(Date.now)
  return (input) => {
    const argocdCm = (input['argocd-cm'] as Record<string, string> | undefined) ?? {}
    const options = { customizations: readCustomizations(argocdCm, parseYaml), runLua, parseYaml }
    const object = input['object'] as KubeObject
    if (typeof input['action'] !== 'string') return listActions(object, options)
    const parameters = (input['parameters'] as Record<string, string> | undefined) ?? {}
    return normalized(planAction(object, input['action'], { now: () => now, parameters }, options))
  }
}
