import { readCustomizations } from '@flotilla/shared/engine/health/customizations'
import { noSuchAction } from '@flotilla/shared/engine/actions/actions'
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
    run: (live, settings, action, parameters) =>
      inWords(() => planAction(live, action, { now, parameters }, options(settings))),
  }
}

/** What goes wrong inside of an action is told to be such. */
function inWords<T>(plan: () => T): T {
  try {
    return plan()
  } catch (error) {
    const { message } = error as Error
    if (message === noSuchAction) throw error
    throw new Error(`error executing Lua resource action: ${message}`, { cause: error })
  }
}
