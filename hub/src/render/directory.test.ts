import { expect, test } from 'vitest'
import type { Tree } from '../git/repository.ts'
import { renderDirectory, type DirectoryOptions } from './directory.ts'

const object = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`
const files = {
  'a.yaml': object('a'),
  'b.txt': object('b'),
  'c.jsonnet': '# +argocd:skip-file-rendering',
  'd.json': `\uFEFF{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "d"}}`,
}

async function names(directory: DirectoryOptions['directory']): Promise<(string | undefined)[]> {
  const tree = { files: Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) })) }
  const jsonnet = (): Promise<unknown> => Promise.resolve({ kind: 'ConfigMap', metadata: { name: 'c' } })
  const found = await renderDirectory(tree as unknown as Tree, { directory, jsonnetEnabled: true, jsonnet })
  return found.map(({ metadata }) => metadata.name)
}

test('manifests are told by the ends of their names, and files that say so are passed over', async () => {
  expect(await names({})).toEqual(['a', 'd'])
})

test('all files may be looked at', async () => {
  expect(await names({ disableExtensionFilter: true })).toEqual(['a', 'b', 'd'])
  expect(await names({ disableExtensionFilter: true, include: '*.txt' })).toEqual(['b'])
})
