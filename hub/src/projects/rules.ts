import type { KubeObject } from '@flotilla/shared/k8s/object'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import type { SettingsSource } from '../settings/settings.ts'
import { globalProjectsOf, withGlobalRules } from './global.ts'

/** What projects demand of their applications. */
export interface ProjectRules {
  /** A project with the rules of those that are global for it. */
  of(name: string): KubeObject | undefined
  /** Whether a project is held to the rules of another: its own, or of one that is global for it. */
  governs(ruling: string, name: string): boolean
}

/** The rules of projects by the settings of the moment. */
export function createProjectRules(
  settings: SettingsSource,
  named: (name: string) => KubeObject | undefined,
): ProjectRules {
  const globalsOf = (project: KubeObject): readonly KubeObject[] =>
    globalProjectsOf(settings.current().cm, project, named)
  return {
    of(name) {
      const project = named(name)
      return project && withGlobalRules(project, globalsOf(project))
    },
    governs(ruling, name) {
      const project = ruling === name ? undefined : named(name)
      return ruling === name || (project ? globalsOf(project) : []).some(({ metadata }) => metadata.name === ruling)
    },
  }
}

/** Whether a project still says the same of its applications; its labels decide which projects are global for it. */
export function sameRules(before: KubeObject, after: KubeObject): boolean {
  return deepEqual(before['spec'], after['spec']) && deepEqual(before.metadata.labels, after.metadata.labels)
}
