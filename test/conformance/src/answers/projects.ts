import { kindPermitted, type KindRules } from '@flotilla/shared/engine/project-permits'
import type { Application } from '@flotilla/shared/argo/application'
import { matchingWindows, syncPermitted, type ProjectSyncWindow } from '@flotilla/shared/engine/sync-window'
import type { Answerer, Case } from '../door.ts'

type Resource = Parameters<typeof kindPermitted>[1] & { readonly namespaced: boolean }

/** The groups `kinds` and `sync-windows`, told apart by what they bring. */
export function projectsAnswerer(now: () => number = () => Date.now()): Answerer {
  return (input) => {
    if (input['resource']) {
      const resource = input['resource'] as Resource
      return kindPermitted(input['spec'] as KindRules, resource, resource.namespaced)
    }
    if (input['syncWindows']) return windows(input, now())
    throw new Error(`nothing answers ${input.case}`)
  }
}

function windows(input: Case, now: number): unknown {
  const application = input['application'] as Application
  const matching = matchingWindows(input['syncWindows'] as ProjectSyncWindow[], {
    name: application.metadata.name ?? '',
    destination: application.spec.destination ?? {},
  })
  return {
    automatic: syncPermitted(matching, { now, manual: false }).allowed,
    manual: syncPermitted(matching, { now, manual: true }).allowed,
    matching: matching.length,
  }
}
