import type { ApplicationStatus, OperationState } from '@flotilla/shared/argo/application'
import { expect, test } from 'vitest'
import { withEnded, withOperationState } from './history.ts'

function run(second: number, revision: string): OperationState {
  return {
    operation: { sync: {} },
    phase: 'Succeeded',
    startedAt: `2024-05-01T12:00:0${second}Z`,
    finishedAt: `2024-05-01T12:00:0${second}Z`,
    syncResult: { revision },
  }
}

/** One report after another, each with all the runs that its agent remembers. */
function fold(status: ApplicationStatus, runs: readonly OperationState[], limit: number): ApplicationStatus {
  const last = runs.at(-1)
  const seen = withEnded(status, runs.slice(0, -1), limit)
  return last ? withOperationState(seen, last, limit) : seen
}

const revisions = (status: ApplicationStatus): unknown[] =>
  (status.history ?? []).map(({ id, revision }) => [id, revision])

test('a limit that is raised from nothing brings no entry back', () => {
  const runs = [run(1, 'a'), run(2, 'b'), run(3, 'c'), run(4, 'd')]
  let status: ApplicationStatus = {}
  status = fold(status, runs.slice(0, 1), 0)
  status = fold(status, runs.slice(0, 2), 0)
  expect(revisions(status)).toEqual([])
  // The third begins: its agent still remembers the first two.
  const { finishedAt: _, ...third } = run(3, 'c')
  status = withOperationState(withEnded(status, runs.slice(0, 2), 2), { ...third, phase: 'Running' }, 2)
  expect(revisions(status)).toEqual([])
  status = fold(status, runs.slice(0, 3), 2)
  expect(revisions(status)).toEqual([[0, 'c']])
  status = fold(status, runs, 2)
  expect(revisions(status)).toEqual([
    [0, 'c'],
    [1, 'd'],
  ])
})

test('ends that nobody saw are in the history, also in that of an application without one', () => {
  const { finishedAt: _, ...begun } = run(1, 'a')
  const status = fold({ operationState: { ...begun, phase: 'Running' } }, [run(1, 'a'), run(2, 'b')], 10)
  expect(revisions(status)).toEqual([
    [0, 'a'],
    [1, 'b'],
  ])
})

test('who orders a sync takes the state of the run before away, and brings it not back into an empty history', () => {
  const until = '2024-05-01T12:00:02Z'
  expect(withEnded({}, [run(1, 'a'), run(2, 'b')], 2, until)).toEqual({})
  expect(revisions(withEnded({}, [run(2, 'b'), run(3, 'c')], 2, until))).toEqual([[0, 'c']])
  expect(revisions(withEnded({}, [run(2, 'b')], 2))).toEqual([[0, 'b']])
})
