import { expect, it } from 'vitest'
import type { OperationState } from '@flotilla/shared/argo/application'
import { adviseOn } from './advice.ts'

it('says on the error output what to do about a field that cannot change', () => {
  const message = 'Service "web" is invalid: spec.clusterIP: Invalid value: "10.0.0.1": field is immutable'
  const row = { group: '', version: 'v1', kind: 'Service', namespace: 'a', name: 'web', status: 'SyncFailed', message }
  const state = { phase: 'Failed', syncResult: { resources: [row] } } as unknown as OperationState
  let said = ''
  const rim = { env: {}, out: () => expect.unreachable(), err: (text: string) => void (said += text), now: () => 0 }
  adviseOn(state, { ...rim, columns: undefined, sleep: () => Promise.resolve() })
  expect(said).toMatch(/^What to do: spec\.clusterIP of Service "web" in namespace "a" cannot change .*\n$/)
  adviseOn(
    { ...state, phase: 'Succeeded' },
    { ...rim, err: () => expect.unreachable(), columns: undefined, sleep: () => Promise.resolve() },
  )
})
