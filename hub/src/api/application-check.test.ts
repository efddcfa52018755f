import type { Application, ApplicationSource } from '@flotilla/shared/argo/application'
import { expect, test } from 'vitest'
import { inCluster } from '../applications/spec-check.ts'
import { GitError } from '../git/repository.ts'
import { checkSources, type SourceCheck } from './application-check.ts'

const application = (source: Partial<ApplicationSource>): Application =>
  ({
    metadata: { name: 'a', namespace: 'argocd' },
    spec: { project: 'default', source, destination: { server: inCluster.server } },
  }) as unknown as Application

const asked: string[] = []
const check = {
  clusters: { byName: () => [], byServer: () => inCluster },
  repositories: {
    test: (url: string) => {
      asked.push(url)
      return Promise.resolve()
    },
  },
  charts: () => Promise.reject(new Error('error loading repo index: failed to get index: 404 Not Found')),
} as unknown as SourceCheck

const refusal = (shown: string, why: string): string =>
  `application spec for a is invalid: InvalidSpecError: repository not accessible: repositories not accessible: &Repository{Repo: "${shown}", Type: "", Name: "", Project: ""}: repo client error while testing repository: rpc error: code = Unknown desc = error testing repository connectivity: ${why}`

test('a source without an address is one that cannot be reached', async () => {
  await expect(checkSources(application({ repoURL: '', path: 'p' }), check)).rejects.toThrow(
    refusal('', 'unable to initialize git client: repository "" cannot be initialized: repo URL is invalid'),
  )
})

test('the repository is looked for before the form of the source is', async () => {
  const chart = application({ repoURL: 'https://charts.example', chart: 'c' })
  await expect(checkSources(chart, check)).rejects.toThrow(
    refusal('https://charts.example', 'error loading repo index: failed to get index: 404 Not Found'),
  )
  await checkSources(application({ repoURL: 'https://git.example' }), check)
  expect(asked).toEqual(['https://git.example'])
})

test('what was pushed a moment ago is found: the repository is asked anew before an application is refused', async () => {
  const state = { refreshed: 0, pushed: true }
  const recalled: unknown[] = []
  const fresh = {
    ...check,
    repositories: { test: () => Promise.resolve(), refresh: () => Promise.resolve(void state.refreshed++) },
    renderer: {
      render({ recall }: { recall?: boolean }) {
        recalled.push(recall)
        if (state.refreshed > 0 && state.pushed) return Promise.resolve({})
        return Promise.reject(new GitError('p: app path does not exist', false))
      },
    },
    settings: {},
  } as unknown as SourceCheck
  await checkSources(application({ repoURL: 'https://git.example', path: 'p' }), fresh)
  expect(state.refreshed).toBe(1)
  state.pushed = false
  const refused = checkSources(application({ repoURL: 'https://git.example', path: 'p' }), fresh)
  await expect(refused).rejects.toThrow('p: app path does not exist')
  // One refusal is one failure, not two, of those after which nobody tries any more.
  expect(recalled).toEqual([undefined, true, undefined, true])
})
