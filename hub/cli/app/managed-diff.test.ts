import { expect, it } from 'vitest'
import { diffText, withManifests, type ManagedResource } from './managed-diff.ts'

const map = (name: string, data: object, namespace?: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...(namespace ? { namespace } : {}) },
  data,
})
const item = (name: string, live: object | null): ManagedResource => ({
  kind: 'ConfigMap',
  namespace: 'x',
  name,
  targetState: JSON.stringify(live),
  liveState: JSON.stringify(live),
  normalizedLiveState: JSON.stringify(live),
  predictedLiveState: JSON.stringify(live),
})

it('compares other manifests with what is live', () => {
  const items = [
    item('same', map('same', { a: '1' }, 'x')),
    item('old', map('old', { a: '1' }, 'x')),
    item('gone', null),
  ]
  const changed = {
    ...item('old', map('old', { a: '1' }, 'x')),
    predictedLiveState: JSON.stringify(map('old', { a: '2' }, 'x')),
  }
  const fresh = { ...item('new', null), targetState: '{}', predictedLiveState: JSON.stringify(map('new', {}, 'x')) }
  const text = diffText(withManifests(items, [item('same', map('same', { a: '1' }, 'x')), changed, fresh]))
  expect(text).not.toContain('/same')
  expect(text).not.toContain('/gone')
  expect(text).toContain('===== /ConfigMap x/old ======\n')
  expect(text).toMatch(/<\s+a: '?"?1'?"?\n---\n>\s+a: '?"?2/)
  expect(text).toContain('===== /ConfigMap x/new ======\n')
})

it('tells what would go', () => {
  const text = diffText(withManifests([item('old', map('old', { a: '1' }, 'x'))], []))
  expect(text).toContain('===== /ConfigMap x/old ======\n')
  expect(text).not.toContain('>')
})

it('goes by kind and name, and writes texts that look like something else as Go does', () => {
  const live = item('z', map('z', { n: '1', y: 'n', s: '*' }, 'x'))
  const fresh = { ...item('n', null), targetState: '{}', predictedLiveState: JSON.stringify(map('n', {}, 'x')) }
  const text = diffText([{ ...live, targetState: 'null' }, fresh])
  expect(text.match(/=====.*/g)).toEqual(['===== /ConfigMap x/n ======', '===== /ConfigMap x/z ======'])
  expect(text).toContain('>   name: "n"\n')
  expect(text).toContain(`<   "n": "1"\n<   s: '*'\n<   "y": "n"\n`)
})
