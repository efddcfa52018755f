import { expect, test, vi } from 'vitest'
import { MemoryRecords } from '../fleet/testing/memory-records.ts'
import type { Records } from '../store/records.ts'
import { AssignmentBook } from './assignment-book.ts'

const key = 'argocd/shop'
const wanted = (bundle: string) => ({ incarnation: 'one', bundle })

/** A book as it was when the backup was made: generation 1, and a hub that has just started on it. */
async function restored(): Promise<AssignmentBook> {
  const records = new MemoryRecords() as unknown as Records
  const before = new AssignmentBook(records)
  await before.load()
  await before.publish(key, 'c1', wanted('old'), 'tree-old')
  const book = new AssignmentBook(records)
  await book.load()
  return book
}

test('F-23: an agent that knows better keeps what it has until manifests are made anew', async () => {
  const book = await restored()
  const told: string[] = []
  book.watch('c1', (application) => told.push(application))
  book.behind('c1', key, 5)
  // Git does not answer: what is held back is nothing new.
  await book.publish(key, 'c1', { ...wanted('old'), hold: 'Git is away' })
  expect(told).toEqual([])
  await book.publish(key, 'c1', wanted('new'), 'tree-new')
  expect(book.assignment('c1', key)).toMatchObject({ generation: 6, bundle: 'new' })
  expect(told).toEqual([key])
})

test('F-23: what was made anew before the agent came is sent to it, and so is what is still the same', async () => {
  const book = await restored()
  await book.publish(key, 'c1', wanted('old'), 'tree-old')
  book.behind('c1', key, 5)
  await vi.waitFor(() => expect(book.assignment('c1', key)).toMatchObject({ generation: 6, bundle: 'old' }))

  const other = await restored()
  other.behind('c1', key, 5)
  await other.publish(key, 'c1', wanted('old'), 'tree-old')
  expect(other.assignment('c1', key)).toMatchObject({ generation: 6, bundle: 'old' })
})
