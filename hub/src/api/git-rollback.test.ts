import type { Application, ApplicationSource } from '@flotilla/shared/argo/application'
import { expect, test } from 'vitest'
import type { Identity } from '../auth/session-keeper.ts'
import { GitError, type Repositories } from '../git/repository.ts'
import { rollbackInGit } from './git-rollback.ts'

const who = { username: 'ann' } as Identity
const clock = { now: () => 0, after: () => () => undefined }
const source: ApplicationSource = { repoURL: 'https://git.example.com/a', path: 'deploy', targetRevision: 'main' }
const refs = new Map([
  ['refs/heads/main', 'tip'],
  ['refs/tags/v1', 'old'],
])

function app(sources: ApplicationSource[]): Application {
  const history = [{ id: 3, revision: 'a'.repeat(40), deployedAt: '2026-01-01T00:00:00Z', source }]
  const spec = { project: 'default', destination: { name: 'c', namespace: 't' }, sources }
  const metadata = { name: 'web', namespace: 'argocd' }
  return { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata, spec, status: { history } }
}

function repositories(revert: Repositories['revert']): Repositories {
  return { refresh: () => Promise.resolve({ refs, head: 'tip' }), revert } as unknown as Repositories
}

const done = repositories(() => Promise.resolve('new'))

test('a rollback in Git names the deployment and who asked for it', async () => {
  let message = ''
  const watched = repositories((_, revert) => {
    message = revert.message
    return Promise.resolve('new')
  })
  expect(await rollbackInGit(app([source]), 3, who, { repositories: watched, clock })).toEqual({
    commit: 'new',
    branch: 'main',
  })
  expect(message).toMatch(
    /^Revert deploy to aaaaaaa\n\nRollback of application web to deployment 3, asked for by ann\.$/,
  )
})

test('what is not one folder of a branch cannot be rolled back in Git, and says so', async () => {
  const refused = async (sources: ApplicationSource[], id = 3) =>
    expect(rollbackInGit(app(sources), id, who, { repositories: done, clock })).rejects
  await (await refused([source, source])).toThrow('only an application of one folder in Git')
  await (
    await refused([{ repoURL: 'r', chart: 'c', targetRevision: '1.0.0' }])
  ).toThrow('only an application of one folder')
  await (await refused([{ ...source, targetRevision: 'v1' }])).toThrow('v1 is no branch: there is nothing to commit on')
  await (await refused([source], 9)).toThrow('application argocd/web does not have deployment with id 9')
})

test('what the repository answers is what the user is told', async () => {
  const refusing = repositories(() => Promise.reject(new GitError('the push to main was refused: protected', false)))
  await expect(rollbackInGit(app([source]), 3, who, { repositories: refusing, clock })).rejects.toThrow(
    'the push to main was refused: protected',
  )
})
