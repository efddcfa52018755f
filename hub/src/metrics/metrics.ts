import type { FastifyInstance } from 'fastify'
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { Application } from '@flotilla/shared/argo/application'
import type { Informer } from '@flotilla/shared/runtime/informer'
import type { Clusters } from '../applications/clusters.ts'
import type { Fleet } from '../fleet/ports.ts'

export interface MetricsOptions {
  readonly applications: Informer
  readonly clusters: Clusters
  readonly fleet: Fleet
}

export interface Metrics {
  readonly contentType: string
  text(): Promise<string>
  stop(): void
}

const infoNames = [
  'namespace',
  'name',
  'project',
  'autosync_enabled',
  'repo',
  'dest_server',
  'dest_namespace',
  'sync_status',
  'health_status',
  'operation',
] as const
const terminal: ReadonlySet<string | undefined> = new Set(['Succeeded', 'Failed', 'Error'])

/** The numbers of a hub, under the names that dashboards of Argo CD know. */
export function createMetrics({ applications, clusters, fleet }: MetricsOptions): Metrics {
  const registry = new Registry()
  const registers = [registry]
  // Looked at every 50 ms, not every 10: what the loop is not to be blocked for shows as well, for a fifth of the wake-ups.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 50 })
  const info = new Gauge({
    name: 'argocd_app_info',
    help: 'Information about application.',
    labelNames: infoNames,
    registers,
    collect() {
      this.reset()
      for (const app of applications.values()) this.set(infoLabels(app as Application), 1)
    },
  })
  const syncs = new Counter({
    name: 'argocd_app_sync_total',
    help: 'Number of application syncs.',
    labelNames: ['namespace', 'name', 'project', 'dest_server', 'phase', 'dry_run'],
    registers,
  })
  const reconciles = new Histogram({
    name: 'argocd_app_reconcile_interval_seconds',
    help: 'Time between two looks of an agent at an application.',
    labelNames: ['namespace', 'dest_server'],
    buckets: [0.5, 1, 5, 15, 60, 180, 600],
    registers,
  })
  const connected = new Gauge({
    name: 'argocd_cluster_connection_status',
    help: 'Whether the agent of a cluster is connected, and the cluster answers it.',
    labelNames: ['name', 'server'],
    registers,
    collect() {
      this.reset()
      for (const { name, server } of clusters.all()) {
        this.set({ name, server }, fleet.connected(name) && !fleet.presence(name).trouble ? 1 : 0)
      }
    },
  })
  const agents = new Gauge({
    name: 'flotilla_agents_connected',
    help: 'Number of agents that are connected.',
    registers,
    collect() {
      this.set(clusters.all().filter(({ name }) => fleet.connected(name)).length)
    },
  })
  void [info, connected, agents]

  const stop = applications.onChange(({ object, previous }) => {
    if (!object || !previous) return
    const [app, before] = [object as Application, previous as Application]
    const { namespace, project, dest_server } = infoLabels(app)
    const [state, was] = [app.status?.operationState, before.status?.operationState]
    if (terminal.has(state?.phase) && (was?.phase !== state?.phase || was?.startedAt !== state?.startedAt)) {
      const dry_run = String(state?.operation?.sync?.dryRun ?? false)
      syncs.inc({ namespace, name: app.metadata.name ?? '', project, dest_server, phase: state?.phase ?? '', dry_run })
    }
    const [at, last] = [Date.parse(app.status?.reconciledAt ?? ''), Date.parse(before.status?.reconciledAt ?? '')]
    if (at > last) reconciles.observe({ namespace, dest_server }, (at - last) / 1000)
  })
  return { contentType: registry.contentType, text: () => registry.metrics(), stop }
}

/** GET /metrics, for a Prometheus beside the hub: names and states of applications, no secrets. */
export function addMetricsRoute(app: FastifyInstance, metrics: Metrics): void {
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()))
}

function infoLabels(app: Application) {
  const { spec, status, metadata, operation } = app
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    project: spec.project || 'default',
    autosync_enabled: String(!!spec.syncPolicy?.automated && spec.syncPolicy.automated.enabled !== false),
    repo: (spec.source ?? spec.sources?.[0])?.repoURL ?? '',
    dest_server: spec.destination?.server ?? '',
    dest_namespace: spec.destination?.namespace ?? '',
    sync_status: status?.sync?.status ?? 'Unknown',
    health_status: status?.health?.status ?? 'Unknown',
    operation: metadata.deletionTimestamp ? 'delete' : operation?.sync ? 'sync' : '',
  }
}
