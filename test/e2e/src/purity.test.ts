import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createRepositories } from '@flotilla/hub/git/repositories'
import { createRenderer } from '@flotilla/hub/render/renderer'
import { realClock } from '@flotilla/shared/runtime/clock'
import { seededRandom } from '@flotilla/shared/runtime/random'
import { startGitServer } from '@flotilla/test-devenv/git-server'
import { configMap } from './fleet-world.ts'

test('INV-12, T-29: renders of many commits at once, in any order, give each commit its own manifests', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'flotilla-pure-'))
  const git = await startGitServer({ root: join(dir, 'git') })
  const repositories = createRepositories({ dir: join(dir, 'mirrors'), clock: realClock, pollMs: 0 })
  const renderer = createRenderer({ repositories, dir: join(dir, 'work'), now: () => 0 })
  const repoURL = await git.create('pure', { 'app/a.yaml': configMap('a', { v: '0' }) })
  const commits: string[] = []
  for (let n = 0; n < 12; n++) {
    // Some commits do not touch what is read.
    const files = n % 3 === 2 ? { 'README.md': String(n) } : { 'app/a.yaml': configMap('a', { v: String(n) }) }
    commits.push(await git.commit('pure', files))
  }
  const valueAt = (n: number): string => String(n % 3 === 2 ? n - 1 : n)
  const random = seededRandom(7)
  const asked = Array.from({ length: 60 }, () => Math.floor(random.next() * commits.length))
  const rendered = await Promise.all(
    asked.map((n) =>
      renderer.render({
        sources: [{ repoURL, path: 'app', targetRevision: commits[n] ?? '' }],
        context: { appName: 'app', project: 'default', namespace: 'target' },
      }),
    ),
  )
  const got = rendered.map(({ manifests, revisions }) => [
    revisions[0],
    (manifests[0]?.['data'] as { v?: string } | undefined)?.v,
  ])
  expect(got).toEqual(asked.map((n) => [commits[n], valueAt(n)]))
  await Promise.all([repositories.close(), git.close()])
  await rm(dir, { recursive: true, force: true })
})
