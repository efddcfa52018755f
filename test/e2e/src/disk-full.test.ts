import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Application } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { configMap, eventually, isSettled, kinds } from './fleet-world.ts'
import { ProcessWorld } from './process-world.ts'
import { buildPrograms, canHaveDisks } from './programs.ts'

beforeAll(buildPrograms)

// Without namespaces of its own there is no disk to fill: `unshare -rm true` has to work.
test.skipIf(!canHaveDisks())(
  'F-18: a hub whose disk is full takes no write that it cannot keep, deletes nothing, and goes on once there is room',
  async () => {
    await using world = await ProcessWorld.open(['c1'], 24)
    const { client, git } = world
    const cluster = world.members.get('c1')?.cluster
    if (!cluster) throw new Error('no cluster')
    await cluster.objects.create(kinds.Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'full' } })
    await world.create(
      'full',
      { 'a.yaml': configMap('a', { v: '1' }), 'b.yaml': configMap('b') },
      {
        spec: {
          destination: { name: 'c1', namespace: 'full' },
          syncPolicy: { automated: { prune: true, selfHeal: true } },
        },
      },
    )
    await eventually(
      async () => isSettled((await world.application('full')) ?? ({} as Application)),
      () => 'not synced',
      60_000,
    )

    const filler = join(world.data, 'filler')
    const full = await open(filler, 'w')
    await expect(
      (async () => {
        for (;;) await full.write(Buffer.alloc(1024 * 1024))
      })(),
    ).rejects.toThrow(/ENOSPC/)
    await full.close()
    const kept: string[] = []
    const write = async (name: string): Promise<boolean> => {
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: 'x'.repeat(200_000) } }
      const path = '/api/v1/namespaces/argocd/configmaps'
      const done = await client.request({ method: 'POST', path, body }).then(
        () => true,
        () => false,
      )
      if (done) kept.push(name)
      return done
    }
    let refused = 0
    for (let n = 0; n < 40 && refused < 3; n++) if (!(await write(`full-${n}`))) refused++
    expect(refused).toBe(3)
    // The cluster is kept up meanwhile.
    const a = { ...kinds.ConfigMap, namespace: 'full', name: 'a' }
    await cluster.objects.patch(a, { data: { v: 'drift' } }, { type: 'merge' })
    await eventually(
      async () => ((await cluster.objects.get(a))['data'] as { v: string }).v === '1',
      () => 'not healed',
    )
    await git.commit('full', { 'a.yaml': configMap('a', { v: '2' }), 'b.yaml': null })

    await rm(filler)
    expect(await write('room')).toBe(true)
    await world.refresh('full')
    await eventually(
      async () => ((await cluster.objects.get(a))['data'] as { v: string }).v === '2',
      () => 'the commit did not arrive',
      30_000,
    )
    const { text } = await client.request({ method: 'GET', path: '/api/v1/namespaces/argocd/configmaps' })
    const names = (JSON.parse(text) as { items: KubeObject[] }).items.map(({ metadata }) => metadata.name ?? '')
    expect(new Set(names.filter((name) => /^(?:full|room)/.test(name)))).toEqual(new Set(kept))
  },
  300_000,
)
