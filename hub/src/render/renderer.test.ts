import { expect, test } from 'vitest'
import { failed } from '../applications/desired.ts'
import { GitError, type Repositories } from '../git/repository.ts'
import { RenderError } from './render.ts'
import { createRenderer } from './renderer.ts'

const map = (name: string) => Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }))
const repositories = {
  resolve: async () => 'commit',
  folderId: async () => undefined,
  readTree: async (_url: string, _commit: string, path: string) => {
    if (path === 'gone') throw new GitError('gone: app path does not exist', false)
    return { digest: path, files: [{ path: 'a.json', bytes: map(path), linked: false }] }
  },
} as unknown as Repositories
const source = (path: string, ref?: string) => ({ repoURL: 'r', path, ...(ref ? { ref } : {}) })
const context = { appName: 'a', project: 'default', namespace: 'n' }

test.each([
  [
    'a source that cannot be rendered is told by its number, from memory too',
    [source('one'), source('gone')],
    'failed to generate manifest for source 2 of 2: rpc error: code = Unknown desc = gone: app path does not exist',
    'failed to generate manifest for source 2 of 2: rpc error: code = Unknown desc = Manifest generation error (cached): gone: app path does not exist',
  ],
  [
    'references that contradict each other are no fault of one source',
    [source('one', 'x'), source('two', 'x')],
    'failed to get ref sources: invalid sources: multiple sources had the same `ref` key',
    undefined,
  ],
])('%s', async (_, sources, first, later) => {
  const renderer = createRenderer({ repositories, dir: '/nowhere', now: () => 0 })
  const told = async (): Promise<string> => {
    const error: unknown = await renderer.render({ sources, context }).catch((caught: unknown) => caught)
    if (!(error instanceof RenderError || error instanceof GitError)) throw error
    return failed(error, sources.length).failure
  }
  expect(await told()).toBe(`Failed to load target state: ${first}`)
  await told()
  await told()
  if (later !== undefined) expect(await told()).toBe(`Failed to load target state: ${later}`)
})

test('a reference to no source is told, among several sources only', async () => {
  const renderer = createRenderer({ repositories, dir: '/nowhere', now: () => 0 })
  const chart = (file: string) => ({ ...source('one'), helm: { valueFiles: [file] } })
  const told = (sources: object[]) => renderer.render({ sources: sources as never, context })
  await expect(told([chart('$none/x.yaml'), source('two')])).rejects.toThrow(
    `source referenced "$none", but no source has a 'ref' field defined`,
  )
  await expect(told([chart('$none/x.yaml'), { repoURL: 'r', ref: 'vals' }])).rejects.toThrow(
    'source referenced "$none", which is not one of the available sources ($vals)',
  )
})

test('a source that only lends its files is of no type', async () => {
  const renderer = createRenderer({ repositories, dir: '/nowhere', now: () => 0 })
  const { sourceTypes } = await renderer.render({ sources: [source('one'), { repoURL: 'r', ref: 'vals' }], context })
  expect(sourceTypes).toEqual(['Directory', ''])
})
