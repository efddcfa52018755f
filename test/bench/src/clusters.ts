import { writeFileSync } from 'node:fs'
import { createCluster, type Cluster } from '@flotilla/test-kube/cluster'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'

/**
 * A process that holds the clusters of a bench: `clusters.js KUBECONFIG…`. Asked over IPC, it tells how many requests
 * each client has sent since it was asked last.
 */
const clusters: Cluster[] = []
for (const file of process.argv.slice(2)) {
  const cluster = await createCluster({ clock: realClock, random: realRandom })
  writeFileSync(file, cluster.kubeconfig, { mode: 0o600 })
  clusters.push(cluster)
}
const told = clusters.map(() => 0)
process.on('message', () => {
  const counts: Record<string, number> = {}
  for (const [index, { requests }] of clusters.entries()) {
    for (const { userAgent, verb } of requests.slice(told[index])) {
      if (userAgent === 'bench') continue
      counts[verb] = (counts[verb] ?? 0) + 1
    }
    told[index] = requests.length
  }
  process.send?.(counts)
})
process.on('SIGTERM', () => process.exit(0))
process.stdout.write('clusters ready\n')
