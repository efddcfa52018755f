import { expect, test } from 'vitest'
import { createPruneLedger } from './prune-ledger.ts'

test('the prunes of others count for their time, and once a run', () => {
  let at = 0
  const ledger = createPruneLedger({ now: () => at })
  ledger.owns('a', 30)
  ledger.owns('b', 10)
  ledger.pruned('a', 'first', 5)
  ledger.pruned('a', 'first', 5)
  ledger.pruned('b', 'first', 2)
  expect(ledger.others('b', 60_000)).toEqual({ pruned: 5, owned: 40 })
  expect(ledger.others('a', 60_000)).toEqual({ pruned: 2, owned: 40 })
  at = 60_001
  expect(ledger.others('b', 60_000)).toEqual({ pruned: 0, owned: 40 })
  ledger.owns('a', 0)
  expect(ledger.others('b', 60_000).owned).toBe(10)
})
