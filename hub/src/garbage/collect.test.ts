import type { KubeObject } from '@flotilla/shared/k8s/object'
import { describe, expect, it } from 'vitest'
import { collect, type GarbageView } from './collect.ts'

const app = (metadata: KubeObject['metadata']): KubeObject => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name: 'a', uid: 'a', ...metadata },
})
const owner = (uid: string, blockOwnerDeletion = false) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'ApplicationSet',
  name: uid,
  uid,
  blockOwnerDeletion,
})
const view = (
  states: Record<string, 'solid' | 'waiting' | 'missing' | 'unseen'>,
  dependents: readonly KubeObject[] = [],
): GarbageView => ({ owner: ({ uid }) => states[uid] ?? 'missing', dependents: () => dependents })

describe('collect', () => {
  it('deletes what no owner is left of', () => {
    const object = app({ ownerReferences: [owner('set')] })
    expect(collect(object, view({ set: 'missing' }))).toEqual([{ act: 'delete', object }])
    expect(collect(object, view({ set: 'waiting' }))).toEqual([{ act: 'delete', object }])
    expect(collect(object, view({ set: 'solid' }))).toEqual([])
  })

  it('never judges an owner of a kind that it does not see', () => {
    expect(collect(app({ ownerReferences: [owner('pod')] }), view({ pod: 'unseen' }))).toEqual([])
  })

  it('drops the owners that are gone while another lives', () => {
    const object = app({ ownerReferences: [owner('gone'), owner('here')] })
    expect(collect(object, view({ here: 'solid' }))).toEqual([{ act: 'owners', object, owners: [owner('here')] }])
  })

  it('leaves dependents alone where their owner is deleted with orphan', () => {
    const set = app({ uid: 'set', deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['orphan'] })
    const object = app({ ownerReferences: [owner('set')] })
    expect(collect(set, view({}, [object]))).toEqual([
      { act: 'owners', object, owners: [] },
      { act: 'finalizer', object: set, finalizer: 'orphan' },
    ])
  })

  it('holds an owner that is deleted in the foreground until nothing blocks it', () => {
    const set = app({ uid: 'set', deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['foregroundDeletion'] })
    const blocking = app({ ownerReferences: [owner('set', true)] })
    expect(collect(set, view({}, [blocking]))).toEqual([])
    expect(collect(set, view({}))).toEqual([{ act: 'finalizer', object: set, finalizer: 'foregroundDeletion' }])
  })
})
