import { readCustomizations } from '@flotilla/shared/engine/health/customizations'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'
import type { Actions } from '../queries/answer.ts'
import type { RunLua } from './lua.ts'
import { parseSettingsYaml as parseYaml } from './settings-yaml.ts'
import { listActions, planAction, type ScriptedActionsOptions } from './scripted-actions.ts'

/** Resource actions as an application's settings have them: those of argocd-cm, and ours. */
export function actionsBySettings(runLua: RunLua, now: () => Date): Actions {
  const options = ({ argocdCm }: SyncSettings): ScriptedActionsOptions => ({
    customizations: readCustomizations(argocdCm, parseYaml),
    runLua,
    parseYaml,
  })
  return {
    list: (live, settings) => listActions(live, options(settings)),
    run: (live, settings, action, parameters) => planAction(live, action, { now, parameters }, options(settings)),
  }
}
