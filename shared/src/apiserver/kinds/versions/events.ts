import type { KubeObject } from '../../../k8s/object.ts'
import { dictionary } from '../../../lang/dictionary.ts'
import type { KindVersion } from '../../strategy.ts'

/** Fields of the newer Event by those of the core group's. */
const names: Readonly<Record<string, string>> = dictionary({
  involvedObject: 'regarding',
  message: 'note',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
  reportingComponent: 'reportingController',
})
const olderNames: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(names).map(([older, newer]) => [newer, older]),
)

function renamed(object: KubeObject, by: Readonly<Record<string, string>>, apiVersion: string): KubeObject {
  const entries = Object.entries(object).map(([name, value]) => [by[name] ?? name, value])
  return { ...(Object.fromEntries(entries) as KubeObject), apiVersion }
}

/** Event of events.k8s.io, kept as an Event of the core group. */
export const newerEvent: KindVersion = {
  storage: { group: '', plural: 'events' },
  fromStorage: (object) => renamed(object, names, 'events.k8s.io/v1'),
  toStorage: (object) => renamed(object, olderNames, 'v1'),
}
