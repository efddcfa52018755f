import { label } from '@flotilla/shared/argo/annotations'
import { controlNamespace, inClusterName, inClusterServer, resources } from '@flotilla/shared/argo/resources'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { startInformer } from '@flotilla/shared/runtime/informer'
import { inCluster, type ClusterDirectory, type ClusterEntry } from './spec-check.ts'

/** The registered clusters, kept up to date; the hub's own is one of them. */
export interface Clusters extends ClusterDirectory {
  all(): readonly ClusterEntry[]
  /** The Secret by which a cluster is registered. */
  secretOf(name: string): KubeObject | undefined
  /** Told of the name of a cluster that came, changed or went. */
  onChange(callback: (cluster: string) => void): () => void
  stop(): void
}

/** A text of a Secret, decoded; undefined where there is none. */
export function secretText(secret: KubeObject | undefined, key: string): string | undefined {
  const data = secret?.['data'] as Record<string, string> | undefined
  const value = data?.[key]
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8')
}

/** What a cluster's Secret says of it. */
export function clusterOf(secret: KubeObject): ClusterEntry {
  const server = secretText(secret, 'server') ?? ''
  return {
    name: secretText(secret, 'name') || server,
    server,
    project: secretText(secret, 'project') || undefined,
    labels: secret.metadata.labels ?? {},
    annotations: secret.metadata.annotations ?? {},
  }
}

/** Watches the Secrets by which clusters are registered. */
export async function watchClusters(objects: Objects): Promise<Clusters> {
  const informer = await startInformer(
    objects,
    { ...resources.secrets, namespace: controlNamespace },
    { labelSelector: `${label.secretType}=cluster` },
  )
  const entries = (): ClusterEntry[] => {
    const found = [...informer.values()].map(clusterOf)
    const own = found.some((entry) => entry.server === inClusterServer || entry.name === inClusterName)
    return own ? found : [...found, inCluster]
  }
  const sameServer = (a: string, b: string): boolean => a.replace(/\/+$/, '') === b.replace(/\/+$/, '')
  return {
    all: entries,
    byName: (name) => entries().filter((entry) => entry.name === name),
    byServer: (server) => entries().find((entry) => sameServer(entry.server, server)),
    secretOf: (name) => [...informer.values()].find((secret) => clusterOf(secret).name === name),
    onChange(callback) {
      return informer.onChange(({ object, previous }) => {
        const names = new Set([object, previous].flatMap((secret) => (secret ? [clusterOf(secret).name] : [])))
        for (const name of names) callback(name)
      })
    },
    stop: () => informer.stop(),
  }
}
