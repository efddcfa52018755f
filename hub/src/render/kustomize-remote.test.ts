import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isRemote, refuseRemotes } from './kustomize-remote.ts'

describe('T-22: what is elsewhere', () => {
  it.each([
    'https://host.example/x.yaml',
    'http://169.254.169.254/latest/meta-data',
    'https://user:secret@host.example/org/repo.git//base?ref=v1',
    'git::https://host.example/repo',
    'git@host.example:org/repo.git',
    'ssh://git@host.example/org/repo',
    'github.com/org/repo//base?ref=v1',
    'host.example/org/repo.git',
    'host.example/org/repo?ref=main',
    'file:///etc/passwd',
  ])('%s', (reference) => expect(isRemote(reference)).toBe(true))

  it.each(['base', '../base', 'deployment.yaml', './a/b', 'overlays/github', 'a.git-backup.yaml'])(
    'not %s',
    (reference) => expect(isRemote(reference)).toBe(false),
  )
})

describe('T-22: a build', () => {
  let root: string
  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'flotilla-kustomize-')))
    const write = async (folder: string, text: string): Promise<void> => {
      await mkdir(join(root, folder), { recursive: true })
      await writeFile(join(root, folder, 'kustomization.yaml'), text)
    }
    await write('plain', 'resources: [cm.yaml, ../base]\ncommonAnnotations: {docs: "https://docs.example"}\n')
    await write('base', 'resources: [cm.yaml]\n')
    await write('far', 'resources: [https://host.example/org/repo.git//base?ref=v1]\n')
    await write('deep', 'components: [../far]\n')
    await write('patched', 'patches:\n- path: https://u:p@host.example/patch.yaml\n')
    await write('generated', 'configMapGenerator:\n- name: c\n  files: ["a=https://host.example/a"]\n')
  })
  afterAll(() => rm(root, { recursive: true, force: true }))
  const check = (folder: string, sources: string[] = ['*']) => refuseRemotes(root, join(root, folder), sources)

  it('passes where everything is in the repository', () => expect(check('plain')).resolves.toBeUndefined())
  it.each(['far', 'deep', 'patched', 'generated'])('is refused for %s', async (folder) => {
    await expect(check(folder)).rejects.toThrow(/is not in its repository/)
    await expect(check(folder)).rejects.not.toThrow('u:p')
  })
  it('passes where the project names the source', async () => {
    await expect(check('far', ['*', 'https://host.example/org/*'])).resolves.toBeUndefined()
    await expect(check('far', ['*', '!https://host.example/org/*'])).rejects.toThrow(/is not in its repository/)
  })
})
