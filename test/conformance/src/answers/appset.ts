import { readFileSync } from 'node:fs'
import { generate } from '@flotilla/hub/application-sets/generate'
import { foldersOf } from '@flotilla/hub/application-sets/sources'
import { previewSet } from '@flotilla/hub/api/application-set-preview'
import type { ApplicationSet } from '@flotilla/hub/application-sets/types'
import { clusterOf } from '@flotilla/hub/applications/clusters'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { parseYaml } from '@flotilla/shared/k8s/yaml'
import type { Answerer } from '../door.ts'

/** What every case of the topic finds: cluster Secrets, and repositories by URL with their commits. */
export interface Fixtures {
  readonly secrets: readonly KubeObject[]
  readonly repositories: Readonly<
    Record<string, { commits: readonly { files: Record<string, string | null>; tags?: string | string[] }[] }>
  >
}

/** `applicationSet` → what it generates. */
export function appsetAnswerer(fixtures: Fixtures): Answerer {
  const clusters = fixtures.secrets.map(clusterOf)
  return async (input) =>
    (
      await previewSet(input['applicationSet'] as ApplicationSet, (set) =>
        generate(set, {
          clusters: () => clusters,
          directories: async (url, revision) => foldersOf(Object.keys(files(fixtures, url, revision))),
          files: async (url, revision) =>
            new Map(Object.entries(files(fixtures, url, revision)).map(([path, text]) => [path, () => text])),
          parseYaml,
          now: () => Date.now(),
        }),
      )
    ).map(({ metadata, spec }) => ({ metadata, spec }))
}

function files(fixtures: Fixtures, url: string, revision: string): Record<string, string> {
  const repository = fixtures.repositories[url]
  if (!repository) throw new Error(`repository ${url} not found`)
  const known: Record<string, string> = {}
  for (const commit of repository.commits) {
    for (const [path, text] of Object.entries(commit.files)) {
      if (text === null) delete known[path]
      else known[path] = text
    }
    if ([commit.tags ?? []].flat().includes(revision)) return known
  }
  if (!['', 'HEAD', 'main'].includes(revision)) throw new Error(`unable to resolve '${revision}' to a commit SHA`)
  return known
}

/** The fixtures kept beside the project's copies of the cases. */
export function readFixtures(): Fixtures {
  const file = new URL('../../testdata/argo-cases/appset/fixtures.json', import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as Fixtures
}
