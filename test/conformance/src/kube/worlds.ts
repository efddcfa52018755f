import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createHub } from '@flotilla/hub/hub'
import { openStore } from '@flotilla/hub/store/open'
import type { ObjectStore } from '@flotilla/shared/apiserver/object-store'
import { realClock } from '@flotilla/shared/runtime/clock'
import { silentLog } from '@flotilla/shared/runtime/log'
import { realRandom } from '@flotilla/shared/runtime/random'
import { createCluster } from '@flotilla/test-kube/cluster'
import type { Scenario } from './scenario.ts'

/** A server of ours that recordings are played against. */
export interface World {
  readonly server: string
  /** By the names that recordings use. */
  readonly tokens: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** `hub-store` is the API with all its kinds over the store of the hub: what the hub's API does with custom resources. */
export type WorldName = 'api' | 'controllers' | 'hub' | 'hub-store'

/** Starts one. */
export const worlds: Readonly<Record<WorldName, () => Promise<World>>> = {
  api: () => cluster(false),
  controllers: () => cluster(true),
  hub,
  'hub-store': hubStore,
}

/** Whether a recording says something of a world. */
export function fits(
  recording: Pick<Scenario, 'needsControllers' | 'noControllers' | 'needsCompacted'>,
  world: WorldName,
): boolean {
  if (recording.needsCompacted) return false
  return world === 'controllers' ? recording.noControllers !== true : recording.needsControllers !== true
}

/** Whether a recording is about custom resources. */
export const hasCustomResources = (scenario: Scenario): boolean =>
  scenario.steps.some((step) => 'path' in step && step.path.includes('/customresourcedefinitions'))

/** The hub keeps few kinds: what is asked of others says nothing of it. */
export function fitsHub({ steps, namespaces = ['{{ns}}'] }: Scenario): boolean {
  return (
    namespaces.length === 1 &&
    namespaces[0] === '{{ns}}' &&
    steps.every(
      (step) =>
        !('path' in step) ||
        (/^\/api\/v1\/namespaces\/\{\{ns\}\}\/(configmaps|secrets)(\/|$)/.test(step.path) &&
          (step.as === undefined || step.as === 'admin')),
    )
  )
}

async function cluster(controllers: boolean, store?: ObjectStore): Promise<World> {
  const tokens = { admin: 'admintoken', alice: 'alicetoken' }
  const actors = new Map([
    [tokens.admin, { user: 'admin', uid: '1', groups: ['system:masters', 'system:authenticated'] }],
    [tokens.alice, { user: 'alice', uid: '3', groups: ['devs', 'system:authenticated'] }],
  ])
  const running = await createCluster({
    clock: realClock,
    random: realRandom,
    controllers,
    reactionMs: 20,
    tokens: actors,
    ...(store ? { store } : {}),
  })
  return { server: running.url, tokens, close: () => running.close() }
}

async function hubStore(): Promise<World> {
  const data = await mkdtemp(path.join(tmpdir(), 'flotilla-conformance-'))
  const store = await openStore(data)
  const running = await cluster(false, store.objects)
  return {
    ...running,
    async close() {
      await running.close()
      await store.close()
      await rm(data, { recursive: true, force: true })
    },
  }
}

async function hub(): Promise<World> {
  const data = await mkdtemp(path.join(tmpdir(), 'flotilla-conformance-'))
  const options = { data, host: '127.0.0.1', port: 0, insecure: true, pollMs: 0 }
  const running = await createHub(
    { ...options, externalUrl: undefined, adminPassword: 'password' },
    { log: silentLog() },
  )
  const { users } = JSON.parse(await running.kubeconfig()) as { users: { user: { token: string } }[] }
  return {
    server: `${running.url}/k8s`,
    tokens: { admin: users[0]?.user.token ?? '' },
    async close() {
      await running.stop()
      await rm(data, { recursive: true, force: true })
    },
  }
}
