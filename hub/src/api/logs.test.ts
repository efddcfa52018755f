import { expect, it } from 'vitest'
import { virtualClock } from '@flotilla/shared/runtime/clock'
import { mergeLogs, selectedPods, type LogLine, type TreeNode } from './logs.ts'

const deployment: TreeNode = { group: 'apps', kind: 'Deployment', namespace: 'n', name: 'web', uid: 'd' }
const set: TreeNode = {
  group: 'apps',
  kind: 'ReplicaSet',
  namespace: 'n',
  name: 'web-1',
  uid: 'r',
  parentRefs: [deployment],
}
const pod = (name: string, parentRefs: TreeNode[] = []): TreeNode => ({
  kind: 'Pod',
  namespace: 'n',
  name,
  uid: name,
  parentRefs,
})
const nodes = [deployment, set, pod('web-1-a', [set]), pod('web-1-b', [set]), pod('alone')]
const query = { name: '', kind: '', group: '', namespace: '' }

it.each([
  ['all of them', query, ['web-1-a', 'web-1-b', 'alone']],
  ['one by name', { ...query, kind: 'Pod', name: 'alone' }, ['alone']],
  ['those of a Deployment', { ...query, group: 'apps', kind: 'Deployment', name: 'web' }, ['web-1-a', 'web-1-b']],
  ['none of another namespace', { ...query, namespace: 'm' }, []],
  ['none that is not there', { ...query, kind: 'Deployment', name: 'nope' }, []],
])('finds the pods that are meant: %s', (_what, asked, names) => {
  expect(selectedPods(nodes, asked).map(({ name }) => name)).toEqual(names)
})

async function* chunks(...texts: (string | Error)[]): AsyncGenerator<string> {
  for (const text of texts) {
    if (text instanceof Error) throw text
    yield text
  }
}
const read = async (streams: { pod: string; chunks: AsyncIterable<unknown> }[]): Promise<LogLine[]> => {
  const lines: LogLine[] = []
  for await (const line of mergeLogs(streams, virtualClock())) lines.push(line)
  return lines
}

it('brings the lines of several pods into the order of their times', async () => {
  const lines = await read([
    { pod: 'a', chunks: chunks('2026-01-01T00:00:01Z one\n2026-01-01T00:00:03.5Z three') },
    { pod: 'b', chunks: chunks('2026-01-01T00:00:02Z two') },
  ])
  expect(lines.map(({ pod, content }) => `${pod} ${content}`)).toEqual(['a one', 'b two', 'a three'])
  expect(lines[2]?.stamp).toBe('2026-01-01T00:00:03.5Z')
})

it('says in the place of its logs why a pod has none', async () => {
  const lines = await read([{ pod: 'a', chunks: chunks(new Error('container is waiting to start')) }])
  expect(lines.map(({ content }) => content)).toEqual(['container is waiting to start'])
})
