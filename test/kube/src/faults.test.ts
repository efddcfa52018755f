import { expect, test } from 'vitest'
import { parseRequest } from './fault-listener.ts'
import { Faults } from './faults.ts'

const request = (over: Partial<Parameters<Faults['strike']>[0]> = {}) => ({
  verb: 'get',
  resource: 'configmaps',
  namespace: 'team',
  name: 'a',
  user: 'agent',
  userAgent: 'flotilla/1.0',
  ...over,
})

test('a fault strikes only what it matches', () => {
  const faults = new Faults()
  faults.add({ match: { verb: 'get', resource: 'configmaps', userAgent: /^flotilla/ }, effect: { kind: 'deny' } })
  expect(faults.strike(request({ verb: 'list' }))).toEqual([])
  expect(faults.strike(request({ userAgent: 'kubectl/1.35' }))).toEqual([])
  expect(faults.strike(request())).toEqual([{ kind: 'deny' }])
})

test('a fault strikes as often as it says, and until it is taken back', () => {
  const faults = new Faults()
  faults.add({ match: {}, effect: { kind: 'gone' }, times: 2 })
  const takeBack = faults.add({ match: {}, effect: { kind: 'delay', ms: 5 } })
  expect(faults.strike(request())).toHaveLength(2)
  expect(faults.strike(request())).toHaveLength(2)
  expect(faults.strike(request())).toEqual([{ kind: 'delay', ms: 5 }])
  takeBack()
  expect(faults.strike(request())).toEqual([])
})

test.each([
  ['GET', '/api/v1/namespaces/team/configmaps', 'list', 'configmaps', 'team', '', ''],
  ['GET', '/api/v1/configmaps?watch=true', 'watch', 'configmaps', '', '', ''],
  ['PATCH', '/apis/apps/v1/namespaces/team/deployments/web/scale', 'patch', 'deployments.apps', 'team', 'web', 'scale'],
  ['PUT', '/api/v1/namespaces/team/status', 'update', 'namespaces', '', 'team', 'status'],
  ['DELETE', '/api/v1/namespaces/team/pods', 'deletecollection', 'pods', 'team', '', ''],
  ['GET', '/version', 'get', '', '', '', ''],
])('the log reads %s %s', (method, url, verb, resource, namespace, name, subresource) => {
  expect(parseRequest({ method, url })).toEqual({ verb, resource, namespace, name, subresource })
})
