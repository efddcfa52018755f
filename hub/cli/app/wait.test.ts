import type { Application } from '@flotilla/shared/argo/application'
import { expect, test } from 'vitest'
import type { Client } from '../client.ts'
import type { Rim } from '../context.ts'
import { CliError } from '../errors.ts'
import { waitForApplication, type WaitFor } from './wait.ts'

const nothing: WaitFor = {
  sync: false,
  health: false,
  operation: false,
  suspended: false,
  degraded: false,
  deleted: false,
}
const withHealth = (status: string): Application =>
  ({
    metadata: { name: 'a', namespace: 'argocd' },
    spec: {},
    status: {
      health: { status },
      resources: [{ group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'n', name: 'd', health: { status } }],
    },
  }) as unknown as Application

/** Waits while these things happen; what was printed, and how it ended. */
async function waiting(wait: Partial<WaitFor>, events: readonly { type: string; application: Application }[]) {
  let out = ''
  const client = {
    url: 'http://hub',
    call: () => Promise.resolve(withHealth('Progressing')),
    async *stream() {
      yield* events
    },
  } as unknown as Client
  const rim = { out: (text: string) => void (out += text), now: () => 0 } as unknown as Rim
  const options = {
    client,
    rim,
    name: 'a',
    wait: { ...nothing, ...wait },
    selectors: [],
    timeoutSeconds: 5,
    format: '',
  }
  const failure = await waitForApplication(options).then(
    () => undefined,
    (error: unknown) => (error instanceof CliError ? error.message : error),
  )
  return { out, failure }
}

test('who waits for the end of an application is not content with less', async () => {
  const stays = await waiting({ deleted: true }, [{ type: 'MODIFIED', application: withHealth('Healthy') }])
  expect(stays.failure).toBe('timed out (5s) waiting for app "a" match desired state')
  const gone = await waiting({ deleted: true }, [{ type: 'DELETED', application: withHealth('Healthy') }])
  expect(gone.failure).toBeUndefined()
  expect(gone.out).toContain("Application 'argocd/a' deleted\n")
})

test('who waits for health is told at once when it gets worse', async () => {
  const events = ['Progressing', 'Degraded'].map((status) => ({ type: 'MODIFIED', application: withHealth(status) }))
  const { failure } = await waiting({ health: true }, events)
  expect(failure).toBe("application 'a' health state has transitioned from Progressing to Degraded")
  expect((await waiting({ degraded: true }, events)).failure).toBeUndefined()
  expect((await waiting({ health: true }, events.slice(1))).failure).toMatch(/^timed out/)
})
