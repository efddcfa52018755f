import { expect, it } from 'vitest'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import { isRefreshed } from './changes.ts'

const refreshing = { number: 3 }
const looked = (refresh: number) => ({ refreshing, report: { refresh } as ApplicationReport })

it('ends a refresh once the agent has looked', () => {
  expect(isRefreshed(looked(2), { cluster: 'c' }, false)).toBe(false)
  expect(isRefreshed(looked(3), { cluster: 'c' }, false)).toBe(true)
})

it('ends a refresh at once where there is nothing that an agent could look at', () => {
  const never = { refreshing, report: undefined }
  expect(isRefreshed(never, { cluster: 'c' }, true)).toBe(true)
  expect(isRefreshed(never, {}, false)).toBe(true)
  expect(isRefreshed({ refreshing: undefined, report: undefined }, {}, true)).toBe(false)
})
