import { parseYaml } from '@flotilla/shared/k8s/yaml'
import type { Clusters } from '../applications/clusters.ts'
import type { Repositories } from '../git/repository.ts'
import type { GenerateSources } from './generate.ts'

/** What generators read, from the hub's own clusters and repositories. */
export function createSources(clusters: Clusters, repositories: Repositories, now: () => number): GenerateSources {
  return {
    clusters: () =>
      clusters.all().filter((cluster) => cluster.name !== 'in-cluster' || Object.keys(cluster.labels).length > 0),
    async directories(repoURL, revision) {
      const commit = await repositories.resolve(repoURL, revision)
      const { files } = await repositories.readTree(repoURL, commit, '.')
      return foldersOf(files.map((file) => file.path))
    },
    async files(repoURL, revision) {
      const commit = await repositories.resolve(repoURL, revision)
      const { files } = await repositories.readTree(repoURL, commit, '.')
      return new Map(files.map((file) => [file.path, () => Buffer.from(file.bytes).toString('utf8')]))
    },
    parseYaml,
    now,
  }
}

/** All folders that hold a file at any depth, sorted; hidden ones are passed over, as Argo CD does. */
export function foldersOf(paths: readonly string[]): string[] {
  const folders = new Set<string>()
  for (const path of paths) {
    const parts = path.split('/').slice(0, -1)
    for (let length = 1; length <= parts.length; length++) {
      const folder = parts.slice(0, length)
      if (folder.some((part) => part.startsWith('.'))) break
      folders.add(folder.join('/'))
    }
  }
  return [...folders].sort()
}
