import { describe, expect, it } from 'vitest'
import { createApiServer } from '@flotilla/shared/apiserver/api-server'
import { MemoryStore } from '@flotilla/shared/apiserver/memory-store'
import { argoResources } from '@flotilla/shared/argo/served'
import { refOf, resources } from '@flotilla/shared/argo/resources'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { realClock } from '@flotilla/shared/runtime/clock'
import { seededRandom } from '@flotilla/shared/runtime/random'
import { permitsDestination, permitsSource } from './permits.ts'
import { tokensOf, withTokens } from './project.ts'
import { scheduleProblem } from '@flotilla/shared/engine/window-schedule'
import { withProjectRules } from './served.ts'

describe('schedules', () => {
  it.each([
    ['0 22 * * 1-5', undefined],
    ['*/5 0,12 1-15/2 jan-mar mon', undefined],
    ['', 'empty spec string'],
    ['* * *', 'expected exactly 5 fields, found 3: [* * *]'],
    ['61 * * * *', 'end of range (61) above maximum (59): 61'],
    ['a * * * *', 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ])('%j: %s', (schedule, problem) => expect(scheduleProblem(schedule)).toBe(problem))
})

describe('what a project permits', () => {
  const to = { name: 'prod', server: 'https://prod', namespace: 'web' }
  it.each([
    ['a name or a server', [{ name: 'prod', server: 'https://other', namespace: '*' }], true],
    ['no other namespace', [{ name: 'prod', namespace: 'db' }], false],
    [
      'nothing that is denied',
      [
        { name: '*', namespace: '*' },
        { server: 'https://prod', namespace: '!web' },
      ],
      false,
    ],
    ['all that a denial does not name', [{ server: '*', namespace: '!db' }], true],
    ['nothing without a rule', [], false],
  ])('destinations: %s', (_what, destinations, allowed) =>
    expect(permitsDestination({ destinations }, to)).toBe(allowed),
  )

  it.each([
    ['https://GIT.example/Org/App', 'https://git.example/org/app.git', true],
    ['https://git.example/*', 'https://git.example/org/app', false],
    ['https://git.example/**', 'https://git.example/org/app', true],
    ['https://git.example/app/', 'https://git.example/app', false],
    ['https://git.example/{a,b}', 'https://git.example/a', false],
    ['git@git.example:org/app.git', 'ssh://git@git.example/org/app', true],
    ['!https://git.example/secret', 'https://git.example/open', true],
    ['!*', 'https://git.example/open', true],
    ['!**', 'https://git.example/open', false],
  ])('source %s: %s is %s', (pattern, url, allowed) =>
    expect(permitsSource({ sourceRepos: [pattern] }, url)).toBe(allowed),
  )
})

it('keeps the tokens of roles in both places, the newest first, and those of no role nowhere', () => {
  const project = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name: 'p' },
    spec: { roles: [{ name: 'ci', jwtTokens: [{ iat: 1 }] }] },
    status: { jwtTokensByRole: { ci: { items: [{ iat: 2, id: 'two' }] }, gone: { items: [{ iat: 3, id: 'three' }] } } },
  } as KubeObject
  const next = withTokens(project)
  expect(tokensOf(next, 'ci').map(({ id }) => id)).toEqual(['two', '1'])
  expect(Object.keys((next['status'] as { jwtTokensByRole: object }).jwtTokensByRole)).toEqual(['ci'])
})

describe('kubectl', () => {
  const { objects } = createApiServer({
    store: new MemoryStore(),
    resources: argoResources.map(withProjectRules),
    clock: realClock,
    random: seededRandom(1),
    version: { major: '1', minor: '36', gitVersion: 'v1.36.1', platform: 'linux/amd64' },
    authenticate: () => Promise.reject(new Error('nobody')),
    authorize: () => ({ allowed: false }),
  })
  const kind = { ...resources.appProjects, namespace: 'argocd' }
  const project = (name: string, spec: object): KubeObject => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name, namespace: 'argocd' },
    spec,
  })

  it('is told what is wrong with a project when it writes it', async () => {
    const window = { kind: 'deny', schedule: '* * * * *', duration: '1h', applications: ['*'], timeZone: 'No/Where' }
    await expect(objects.create(kind, project('zone', { syncWindows: [window] }))).rejects.toThrow(
      "spec: Invalid value: timeZone 'No/Where' of a sync window does not exist",
    )
    await expect(objects.create(kind, project('typed', { sourceRepos: 'x' }))).rejects.toThrow('spec.sourceRepos')
    await objects.create(kind, project('good', { sourceRepos: ['*'] }))
    const twice = { spec: { sourceRepos: ['a', 'a'] } }
    await expect(
      objects.patch(refOf(resources.appProjects, 'argocd', 'good'), twice, { type: 'merge' }),
    ).rejects.toThrow("source repository 'a' already added")
  })
})
