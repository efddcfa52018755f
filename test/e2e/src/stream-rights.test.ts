import { afterAll, beforeAll, expect, test } from 'vitest'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import { password, restWorld, type RestWorld } from './rest-world.ts'

let world: RestWorld
let token: string
beforeAll(async () => {
  world = await restWorld()
  const patch = (name: string, data: object) =>
    world.hub.objects.patch(refOf(resources.configMaps, controlNamespace, name), { data }, { type: 'merge' })
  await patch('argocd-cm', { 'accounts.red': 'login' })
  await patch('argocd-rbac-cm', { 'policy.csv': 'p, red, applicationsets, get, red/*, allow' })
  const admin = await world.login('admin', password)
  const body = { name: 'red', currentPassword: password, newPassword: 'red-password' }
  expect((await world.call('PUT', '/api/v1/account/password', { token: admin, body })).status).toBe(200)
  token = await world.login('red', 'red-password')
  for (const project of ['red', 'default']) {
    const template = {
      metadata: { name: 'x' },
      spec: { project, source: { repoURL: 'https://git.example/x.git', path: '.' }, destination: { name: 'c' } },
    }
    const metadata = { name: `of-${project}`, namespace: controlNamespace }
    const set = { apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', metadata }
    const spec = { generators: [{ list: { elements: [] } }], template }
    await world.hub.objects.create({ ...resources.applicationSets, namespace: controlNamespace }, { ...set, spec })
  }
})
afterAll(() => world.stop())

test('O-1: the stream of ApplicationSets shows those of a project to who may see them, and nobody else', async () => {
  const answer = await fetch(`${world.hub.url}/api/v1/stream/applicationsets`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(10_000),
  })
  // Both change, the one that must not be shown first.
  for (const name of ['of-default', 'of-red'])
    await world.hub.objects.patch(
      refOf(resources.applicationSets, controlNamespace, name),
      { metadata: { labels: { changed: 'yes' } } },
      { type: 'merge' },
    )
  let text = ''
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString()
    if (text.includes('"of-')) break
  }
  expect(text).toContain('of-red')
  expect(text).not.toContain('of-default')
})
