import { expect, test } from 'vitest'
import { destinationPermitted, type DestinationRule } from './project-destinations.ts'

const to = { server: 'https://a', name: 'prod', namespace: 'team-a' }
const all: DestinationRule = { server: '*', namespace: '*' }

test.each<[string, DestinationRule[], boolean]>([
  ['nothing', [], false],
  ['everything', [all], true],
  ['a server', [{ server: 'https://a', namespace: 'team-*' }], true],
  ['a name', [{ name: 'pr*', namespace: '*' }], true],
  ['another namespace', [{ server: '*', namespace: 'other' }], false],
  ['a namespace that is denied', [all, { server: '*', namespace: '!team-a' }], false],
  ['a server that is denied', [all, { server: '!https://a', namespace: '*' }], false],
  ['a server that is denied elsewhere', [all, { server: '!https://a', namespace: 'other' }], true],
  ['a cluster that is denied by name', [all, { name: '!prod', namespace: '*' }], false],
  ['a cluster that is denied by name, whatever the namespace', [all, { name: '!prod', namespace: 'other' }], false],
  ['a denial of something else allows', [{ server: '!https://b', namespace: '*' }], true],
  ['no namespace said', [{ server: '*' }], false],
])('%s', (_, rules, permitted) => {
  expect(destinationPermitted(rules, to)).toBe(permitted)
})

test('a cluster without a name is not met by names', () => {
  expect(destinationPermitted([{ name: '*', namespace: '*' }], { server: 'https://a', namespace: 'x' })).toBe(false)
})
