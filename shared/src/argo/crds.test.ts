import { expect, it } from 'vitest'
import { createApiServer } from '../apiserver/api-server.ts'
import { MemoryStore } from '../apiserver/memory-store.ts'
import { builtinStrategies } from '../apiserver/kinds/index.ts'
import { builtinResources } from '../apiserver/schema/builtin.ts'
import type { KubeObject } from '../k8s/object.ts'
import { virtualClock } from '../runtime/clock.ts'
import { seededRandom } from '../runtime/random.ts'
import { resources } from './resources.ts'
import { argoResources } from './served.ts'

async function server() {
  const made = createApiServer({
    store: new MemoryStore(),
    resources: [
      ...builtinResources(builtinStrategies).filter(({ plural }) => plural === 'namespaces'),
      ...argoResources,
    ],
    clock: virtualClock(),
    random: seededRandom(1),
    version: { major: '1', minor: '36', gitVersion: 'v1.36.1', platform: 'linux/amd64' },
    authenticate: () => Promise.reject(new Error('nobody')),
    authorize: () => ({ allowed: false }),
  })
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } }
  await made.objects.create(resources.namespaces, namespace)
  return made.objects
}

const app = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name: 'web', namespace: 'argocd' },
  spec: {
    project: 'default',
    destination: { name: 'c1', colour: 'blue' },
    source: {
      repoURL: 'x',
      path: '.',
      pathh: 'typo',
      helm: { valuesObject: { any: { thing: [1] } }, parameters: [{ name: 'a', value: 'b', forse: true }] },
      plugin: { name: 'p', env: [{ name: 'A', value: 'b' }] },
      kustomize: { patches: [{ patch: 'x', target: { kind: 'Deployment' } }] },
    },
    syncPolicy: { automated: { prune: true, pruned: true } },
  },
  status: { sync: { status: 'Synced' }, later: 'kept' },
} as unknown as KubeObject

it('keeps of an Application what Argo CD has, and not what is misspelt', async () => {
  const objects = await server()
  const made = await objects.create({ ...resources.applications, namespace: 'argocd' }, app)
  expect(made['spec']).toEqual({
    project: 'default',
    destination: { name: 'c1' },
    source: {
      repoURL: 'x',
      path: '.',
      helm: { valuesObject: { any: { thing: [1] } }, parameters: [{ name: 'a', value: 'b' }] },
      plugin: { name: 'p', env: [{ name: 'A', value: 'b' }] },
      kustomize: { patches: [{ patch: 'x', target: { kind: 'Deployment' } }] },
    },
    syncPolicy: { automated: { prune: true } },
  })
  expect(made['status']).toEqual({ sync: { status: 'Synced' }, later: 'kept' })
})
