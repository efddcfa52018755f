import { expect, it } from 'vitest'
import { applicationToWire, storedToWire } from './wire.ts'

it('tells the health of objects when an application is read, not when it is written', () => {
  const row = { version: 'v1', kind: 'Pod', name: 'p', health: { status: 'Missing' } }
  const app = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'a' },
    status: { resources: [row] },
  }
  expect(applicationToWire(app)).toMatchObject({ status: { resources: [row] } })
  const { health: _health, ...bare } = row
  expect((storedToWire(app)['status'] as { resources: unknown }).resources).toEqual([bare])
})

it('shows the operation that an agent has begun by itself', () => {
  const operation = { sync: { revision: 'abc' }, initiatedBy: { automated: true } }
  const app = (phase: string) => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'a' },
    status: { operationState: { operation, phase, startedAt: '2026-01-01T00:00:00Z' } },
  })
  expect(applicationToWire(app('Running'))['operation']).toEqual(operation)
  expect(applicationToWire(app('Succeeded'))['operation']).toBeUndefined()
})
