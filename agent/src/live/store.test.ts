import { expect, test } from 'vitest'
import { createLiveStore } from './store.ts'

const store = () =>
  createLiveStore({
    tracking: () => ({ trackingMethod: 'annotation', instanceLabelKey: 'app.kubernetes.io/instance' }),
    summaryOf: () => ({ images: [], urls: [] }),
    changed: () => undefined,
  })
const key = { group: '', kind: 'ConfigMap', namespace: 'n', name: 'a' }
const object = (uid: string, resourceVersion: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'n', uid, resourceVersion },
})

test('F-32: the answer to a deletion does not bring back what the watch saw end', () => {
  const live = store()
  live.put(object('u1', '5'))
  live.remove(key, 'u1')
  live.put(object('u1', '6'))
  expect(live.entry(key)).toBeUndefined()
  live.put(object('u2', '7'))
  expect(live.entry(key)?.uid).toBe('u2')
})

test('F-32: an object moves forward only', () => {
  const live = store()
  live.put(object('u1', '10'))
  live.put(object('u1', '9'))
  expect(live.entry(key)?.resourceVersion).toBe('10')
})

test('F-33: what one list lacks is not gone; what a list after it lacks as well, is', () => {
  const live = store()
  const kind = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true, verbs: [] }
  live.put(object('u1', '5'))
  expect(live.retain(kind, new Set())).toBe(false)
  expect(live.entry(key)).toBeDefined()
  expect(live.retain(kind, new Set())).toBe(true)
  expect(live.entry(key)).toBeUndefined()
  // A list that was old: the watch shows it again.
  live.put(object('u1', '5'))
  expect(live.entry(key)).toBeDefined()
})

test('what a watch repeats of an answer is known, unless the object was removed since', () => {
  const live = store()
  const kind = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true, verbs: [] }
  const text = JSON.stringify(object('u1', '5'))
  live.putAnswer(`${text}\n`)
  expect(live.answered(JSON.stringify(object('u1', '6')))).toBeUndefined()
  expect(live.answered(text)).toBe('5')
  live.putAnswer(text)
  // A list that is older than the answer.
  live.retain(kind, new Set())
  live.retain(kind, new Set())
  expect(live.entry(key)).toBeUndefined()
  expect(live.answered(text)).toBeUndefined()
})

test('what another application owns concerns those who would have it less, until it is gone', () => {
  const told: string[] = []
  const live = createLiveStore({
    tracking: () => ({ trackingMethod: 'annotation', instanceLabelKey: 'app.kubernetes.io/instance' }),
    summaryOf: () => ({ images: [], urls: [] }),
    changed: (instances, applications, others) => {
      told.push([instances, applications, others].map((each) => [...each].join(',')).join(' | '))
    },
  })
  live.want('argocd/mine', [key])
  const owned = (resourceVersion: string, by?: string) => {
    const made = object('u1', resourceVersion)
    const annotations = by ? { 'argocd.argoproj.io/tracking-id': `${by}:/ConfigMap:n/a` } : {}
    return { ...made, metadata: { ...made.metadata, annotations } }
  }
  live.put(owned('1'))
  live.put(owned('2', 'theirs'))
  live.put(owned('3', 'theirs'))
  live.remove(key, 'u1')
  expect(told).toEqual([
    ' | argocd/mine | ',
    'theirs | argocd/mine | argocd/mine',
    'theirs |  | argocd/mine',
    'theirs | argocd/mine | ',
  ])
})

test('nobody judges what a watch tells of an object while an answer about it is on its way', () => {
  const heard: string[] = []
  const live = createLiveStore({
    tracking: () => ({ trackingMethod: 'annotation', instanceLabelKey: 'app.kubernetes.io/instance' }),
    summaryOf: () => ({ images: [], urls: [] }),
    damped: () => {
      heard.push('judged')
      return true
    },
    changed: (_, applications) => void heard.push(...applications),
  })
  live.want('shop', [key])
  live.put(object('u1', '5'))
  live.put(object('u1', '6'))
  expect(heard).toEqual(['shop', 'judged'])
  const answered = live.expects(key)
  live.put(object('u1', '7'))
  answered()
  live.put(object('u1', '8'))
  expect(heard).toEqual(['shop', 'judged', 'shop', 'judged'])
})

test('F-32: after the server went back in time its older versions hold, and what had ended may be there again', () => {
  const live = store()
  live.put(object('u1', '10'))
  live.remove(key, 'u1')
  live.put(object('u2', '12'))
  live.rewind(key)
  live.put(object('u1', '4'))
  expect(live.entry(key)).toMatchObject({ uid: 'u1', resourceVersion: '4' })
})

test('H-08: a list of one namespace says nothing of others', () => {
  const live = store()
  const kind = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true, verbs: [] }
  live.put(object('u1', '5'))
  expect(live.retain(kind, new Set(), 'other')).toBe(true)
  expect(live.entry(key)).toBeDefined()
})
