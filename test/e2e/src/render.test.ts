import { createRepositories } from '@flotilla/hub/git/repositories'
import type { RendererOptions } from '@flotilla/hub/render/renderer'
import { createRenderer } from '@flotilla/hub/render/renderer'
import { defaultExecLimits } from '@flotilla/hub/render/exec'
import type { ApplicationSource } from '@flotilla/shared/argo/application'
import { realClock } from '@flotilla/shared/runtime/clock'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const map = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`
const chart = 'apiVersion: v2\nname: c\nversion: 0.1.0\n'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'flotilla-render-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** Renders `app` of a repository with these files; a link is written `{ link }`. */
async function render(
  files: Readonly<Record<string, string | { link: string }>>,
  source: Partial<ApplicationSource> = {},
  options: Partial<RendererOptions> = {},
) {
  const dir = await mkdtemp(join(root, 'case-'))
  const repository = join(dir, 'repository')
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(repository, path)), { recursive: true })
    if (typeof content === 'string') await writeFile(join(repository, path), content)
    else await symlink(content.link, join(repository, path))
  }
  const git = (...args: string[]) =>
    run('git', ['-C', repository, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args])
  await git('init', '-q', '-b', 'main')
  await git('add', '-A')
  await git('commit', '-q', '-m', 'first')
  const url = 'https://git.example.com/app'
  const repositories = createRepositories({
    dir: join(dir, 'mirrors'),
    clock: realClock,
    pollMs: 0,
    local: () => repository,
  })
  const work = join(dir, 'work')
  try {
    const { manifests, sourceTypes } = await createRenderer({
      repositories,
      dir: work,
      now: () => 0,
      ...options,
    }).render({
      sources: [{ repoURL: url, path: 'app', targetRevision: 'main', ...source }],
      context: { appName: 'app', project: 'default', namespace: 'target' },
    })
    return { names: manifests.map((each) => each.metadata.name), type: sourceTypes[0] }
  } finally {
    expect(await readdir(work).catch(() => []), 'private checkouts are removed').toEqual([])
    await repositories.close()
  }
}

describe('the renderer, with the real tools', () => {
  it('renders a directory, a chart and a kustomization', async () => {
    const directory = await render({ 'app/a.yaml': map('a'), 'app/sub/b.yaml': map('b') })
    expect(directory).toEqual({ names: ['a'], type: 'Directory' })
    const helm = await render({ 'app/Chart.yaml': chart, 'app/templates/a.yaml': map('{{ .Release.Name }}-x') })
    expect(helm).toEqual({ names: ['app-x'], type: 'Helm' })
    const kustomize = await render({
      'base/kustomization.yaml': 'resources: [a.yaml]\n',
      'base/a.yaml': map('a'),
      'app/kustomization.yaml': 'namePrefix: p-\nresources: [../base]\n',
    })
    expect(kustomize).toEqual({ names: ['p-a'], type: 'Kustomize' })
  })

  it('names the file and the line of broken YAML', async () => {
    const broken = render({ 'app/a.yaml': map('a'), 'app/bad.yaml': `${map('b')}data:\n  x: [1\n` })
    await expect(broken).rejects.toThrow(/bad\.yaml.*[\s\S]*(?:line |\()\d+/)
  })

  it.each([
    ['a directory', { 'app/a.yaml': { link: '/etc/passwd' } }],
    ['a directory, upwards', { 'app/a.yaml': { link: '../../../secret' } }],
    ['a chart', { 'app/Chart.yaml': chart, 'app/values.yaml': { link: '/etc/passwd' } }],
    ['a kustomization', { 'app/kustomization.yaml': 'resources: [a.yaml]\n', 'app/a.yaml': { link: '/etc/passwd' } }],
  ])('T-10: refuses a link out of the repository in %s, and shows nothing of it', async (_, files) => {
    const error = await render(files).then(
      () => undefined,
      (refused: unknown) => refused as Error,
    )
    expect(error?.message).toMatch(/^repository contains out-of-bounds symlinks\. file: app\//)
    expect(error?.message).not.toContain('root:')
  })

  it('T-11: ends where links lead round in a circle', async () => {
    await render({ 'app/a.yaml': map('a'), 'app/x': { link: 'y' }, 'app/y': { link: 'x' } }).then(
      ({ names }) => expect(names).toEqual(['a']),
      (error: unknown) => expect((error as Error).name).toMatch(/GitError|RenderError/),
    )
  })

  it.each(['../..', '/etc', 'app/../../x'])('T-12: refuses the path %s', async (path) => {
    await expect(render({ 'app/a.yaml': map('a') }, { path })).rejects.toThrow(/app path (?:is absolute|outside root)/)
  })

  it('T-21: reads no values from outside the repository', async () => {
    const files = { 'app/Chart.yaml': chart, 'app/templates/a.yaml': map('a') }
    await expect(render(files, { helm: { valueFiles: ['../../../../etc/passwd'] } })).rejects.toThrow(
      'resolved to outside repository root',
    )
  })

  it('T-22: builds no kustomization from outside its repository', async () => {
    const files = { 'app/kustomization.yaml': 'resources: [../../../../../../etc/passwd]\n' }
    await expect(render(files)).rejects.toThrow('kustomize build')
  })

  it('T-21: stops a tool that takes too long or writes too much', async () => {
    const tool = async () => ({ command: '/bin/sh', args: ['-c', 'sleep 30 & sleep 30', 'sh'], version: 'x' })
    const files = { 'app/Chart.yaml': chart, 'app/templates/a.yaml': map('a') }
    const started = Date.now()
    const slow = render(files, {}, { tool, limits: { ...defaultExecLimits, timeMs: 300 } })
    await expect(slow).rejects.toThrow('took longer than 0.3 s')
    expect(Date.now() - started).toBeLessThan(5000)
    const loud = render(
      { ...files, 'app/templates/a.yaml': `${map('a')}data: {a: {{ repeat 100000 "x" }}}\n` },
      {},
      { limits: { ...defaultExecLimits, outputBytes: 10_000 } },
    )
    await expect(loud).rejects.toThrow('wrote more than 10000 bytes')
  })
})
