import { differ } from '@flotilla/shared/engine/diff'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { createJq } from '@flotilla/shared/runtime/jq'
import type { Answerer } from '../door.ts'
import { settingsOf } from './settings.ts'

/** `desired`, `live`, `ignoreDifferences`, `argocd-cm` → `modified`, `normalizedLive`, `predictedLive`. */
export async function diffAnswerer(): Promise<Answerer> {
  const jq = await createJq()
  return (input) => {
    const diff = differ({ settings: settingsOf(input), deletePaths: jq.deletePaths, untyped: true })
    const desired = (input['desired'] as KubeObject | null) ?? undefined
    const live = (input['live'] as KubeObject | null) ?? undefined
    const { modified, normalizedLive = null, predictedLive = null } = diff(desired, live)
    return { modified, normalizedLive, predictedLive }
  }
}
