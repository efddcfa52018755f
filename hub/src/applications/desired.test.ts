import type { Application } from '@flotilla/shared/argo/application'
import { expect, it } from 'vitest'
import { localManifests, make } from './desired.ts'

const manifests = ['{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"local"}}']

function application(sync: object, syncPolicy = {}): Application {
  return {
    spec: { source: { repoURL: 'r', targetRevision: 'HEAD' }, syncPolicy },
    status: { operationState: { operation: { sync } } },
  } as unknown as Application
}

it('compares with the manifests that a user brought, until the next sync', () => {
  expect(localManifests(application({ manifests }))).toEqual({ sync: { manifests, revision: 'HEAD' } })
  expect(localManifests(application({ revision: 'abc' }))).toBeUndefined()
})

it('follows Git where it is synced automatically, and after a dry run', () => {
  expect(localManifests(application({ manifests }, { automated: {} }))).toBeUndefined()
  expect(localManifests(application({ manifests, dryRun: true }))).toBeUndefined()
})

it('tells of manifests that are no JSON in the words of Argo CD', async () => {
  const operation = { sync: { manifests: ['not yaml: ['] } }
  const made = await make(undefined as never, application({}), undefined as never, undefined as never, { operation })
  expect(made).toMatchObject({
    failure: "Failed to load local manifests: invalid character 'o' in literal null (expecting 'u')",
  })
})
