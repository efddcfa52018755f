import type { Answerer } from './door.ts'

/** The topics that can be answered, each made when it is asked for: a topic may load a lot. */
export const answerers: Readonly<Record<string, () => Promise<Answerer>>> = {
  appset: async () => {
    const { appsetAnswerer, readFixtures } = await import('./answers/appset.ts')
    return appsetAnswerer(readFixtures())
  },
  actions: async () => (await import('./answers/actions.ts')).actionsAnswerer(),
  diff: async () => (await import('./answers/diff.ts')).diffAnswerer(),
  gotemplate: async () => (await import('./answers/gotemplate.ts')).goTemplateAnswerer(),
  health: async () => (await import('./answers/health.ts')).healthAnswerer(),
  'ignore-differences': async () => (await import('./answers/ignore-differences.ts')).ignoreDifferencesAnswerer(),
  projects: async () => (await import('./answers/projects.ts')).projectsAnswerer(),
  rbac: async () => (await import('./answers/rbac.ts')).rbacAnswerer(),
  rendering: async () => (await import('./answers/rendering.ts')).renderingAnswerer(),
}
