import { ignoreRules, strictIgnorer } from '@flotilla/shared/engine/ignore'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { createJq } from '@flotilla/shared/runtime/jq'
import type { Answerer } from '../door.ts'
import { settingsOf } from './settings.ts'

/** `object`, `ignoreDifferences`, `argocd-cm` → the object without what is ignored. */
export async function ignoreDifferencesAnswerer(): Promise<Answerer> {
  const jq = await createJq()
  return (input) => {
    const { ignoreDifferences, argocdCm } = settingsOf(input)
    return strictIgnorer(ignoreRules(ignoreDifferences ?? [], argocdCm), jq.deletePaths)(input['object'] as KubeObject)
  }
}
