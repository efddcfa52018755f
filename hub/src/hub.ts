import { join } from 'node:path'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Server as TlsServer } from 'node:tls'
import { createApiServer } from '@flotilla/shared/apiserver/api-server'
import { builtinStrategies } from '@flotilla/shared/apiserver/kinds/index'
import type { Actor, Objects } from '@flotilla/shared/apiserver/objects'
import { builtinResources } from '@flotilla/shared/apiserver/schema/builtin'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import { controlNamespace, resources } from '@flotilla/shared/argo/resources'
import { argoResources } from '@flotilla/shared/argo/served'
import { label } from '@flotilla/shared/argo/annotations'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { realClock } from '@flotilla/shared/runtime/clock'
import { startInformer } from '@flotilla/shared/runtime/informer'
import { Connections } from '@flotilla/shared/runtime/connections'
import { createLog, type Log } from '@flotilla/shared/runtime/log'
import { realRandom } from '@flotilla/shared/runtime/random'
import { createAccess } from './access/access.ts'
import { addApplicationRoutes } from './api/application-routes.ts'
import { addApplicationSetRoutes } from './api/application-set-routes.ts'
import { createAudit } from './api/audit.ts'
import { addCertificateRoutes } from './api/certificate-routes.ts'
import { addClusterRoutes } from './api/cluster-routes.ts'
import { identify, type ApiContext } from './api/context.ts'
import { declarationOf, holdToDeclarations } from './api/declared.ts'
import { addLinkRoutes } from './api/link-routes.ts'
import { addLogRoutes } from './api/log-routes.ts'
import { addNotificationRoutes } from './api/notification-routes.ts'
import { addProjectRoutes } from './api/project-routes.ts'
import { addRepoCredsRoutes } from './api/repo-creds-routes.ts'
import { addRepositoryRoutes } from './api/repository-routes.ts'
import { addResourceRoutes } from './api/resource-routes.ts'
import { addUploadRoutes } from './api/upload-routes.ts'
import { addRoleTokenRoutes } from './api/role-token-routes.ts'
import { createServer } from './api/server.ts'
import { addSessionRoutes } from './api/session-routes.ts'
import { addSyncRoutes } from './api/sync-routes.ts'
import { addWaitingRoute } from './api/waiting-route.ts'
import { addWatchRoutes } from './api/watch-routes.ts'
import { createJq, type Jq } from '@flotilla/shared/runtime/jq'
import { createApplicationSetController } from './application-sets/controller.ts'
import { createSources } from './application-sets/sources.ts'
import { AssignmentBook } from './applications/assignment-book.ts'
import { ApplicationController } from './applications/controller.ts'
import { watchClusters } from './applications/clusters.ts'
import { SessionKeeper } from './auth/session-keeper.ts'
import type { HubConfig } from './config.ts'
import { givenCertificate, isSelfSigned, ownCertificate, type Certificate } from './fleet/certificate.ts'
import { watchCertificate } from './fleet/certificate-watch.ts'
import { followDepartures } from './fleet/departures.ts'
import { tellOfConnections } from './fleet/cluster-events.ts'
import { createFleet, type RunningFleet } from './fleet/fleet.ts'
import { credentialsFor, credentialsFrom } from './git/credentials.ts'
import { collectOldContent } from './garbage/old-content.ts'
import { collectOldEvents } from './garbage/old-events.ts'
import { startGarbageCollector } from './garbage/collector.ts'
import { createRepositories } from './git/repositories.ts'
import type { Repositories } from './git/repository.ts'
import type { Renderer } from './render/render.ts'
import { createTransports } from './git/transport.ts'
import { addMetricsRoute, createMetrics } from './metrics/metrics.ts'
import { ensureDefaultProject } from './projects/default-project.ts'
import { withProjectRules } from './projects/served.ts'
import { createRenderer } from './render/renderer.ts'
import { ensureSettings } from './settings/default-settings.ts'
import { watchSettings } from './settings/settings.ts'
import { openStore } from './store/open.ts'
import { addWebhookRoute } from './webhooks/route.ts'

/** What a test or an embedder may replace. */
export interface HubOverrides {
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
  readonly log?: Log | undefined
  /** Runs once the hub serves: starts the agent of the hub's own cluster. The answer stops it. */
  readonly inCluster?: ((hub: InClusterAccess) => Promise<() => Promise<void>>) | undefined
}

/** What the agent of the hub's own cluster needs. */
export interface InClusterAccess {
  readonly hubUrl: string
  readonly joinToken: string
  /** Of the hub's own Kubernetes API. */
  readonly kubeconfig: string
}

export interface Hub {
  readonly url: string
  /** The password of `admin` where it was made on this start. */
  readonly firstPassword: string | undefined
  readonly objects: Objects
  readonly fleet: RunningFleet
  readonly fingerprint: string | undefined
  /** A kubeconfig for the hub's own objects, acting as `admin`. */
  kubeconfig(): Promise<string>
  stop(): Promise<void>
}

const version = 'v3.6.0+flotilla-0.1.0'
const served: ReadonlySet<string> = new Set([
  'configmaps',
  'secrets',
  'events',
  'namespaces',
  'customresourcedefinitions',
])

/** The one place where the parts of a hub meet; everything is up when it resolves. */
export async function createHub(config: HubConfig, overrides: HubOverrides = {}): Promise<Hub> {
  const clock = overrides.clock ?? realClock
  const random = overrides.random ?? realRandom
  const log = overrides.log ?? createLog()

  // Store and Kubernetes API.
  const store = await openStore(join(config.data, 'store'), { ephemeral: new Set(['events']) })
  let sessions: SessionKeeper | undefined
  const kube = createApiServer({
    store: store.objects,
    resources: [
      ...builtinResources(builtinStrategies).filter((row) => served.has(row.plural)),
      ...argoResources.map(withProjectRules),
    ],
    clock,
    random,
    prefix: '/k8s',
    version: { major: '1', minor: '36', gitVersion: 'v1.36.1', platform: 'linux/amd64' },
    authenticate: async (request) => {
      const who = await sessions?.verify(bearerOf(request))
      if (!who) throw new StatusError(401, 'Unauthorized', 'Unauthorized')
      return actorOf(who.username)
    },
    authorize: ({ actor }) => ({ allowed: actor.groups.includes('system:masters') }),
  })
  const { objects } = kube
  for (const name of ['default', 'kube-system', controlNamespace]) await ensureNamespace(objects, name)
  await ensureDefaultProject(objects)
  await ensureSettings(objects)

  // Settings, identities, clusters, credentials.
  const settings = await watchSettings(objects)
  let applications: ApplicationController | undefined
  const keeper = new SessionKeeper({
    objects,
    clock,
    random,
    cm: () => settings.current().cm,
    project: (name) => applications?.project(name),
    adminPassword: config.adminPassword,
  })
  sessions = keeper
  const firstPassword = await keeper.open()
  const clusters = await watchClusters(objects)
  const repositorySecrets = await startInformer(
    objects,
    { ...resources.secrets, namespace: controlNamespace },
    { labelSelector: `${label.secretType} in (repository,repo-creds)` },
  )

  // Git, rendering, applications, fleet.
  const transports = createTransports({
    certificates: (host) => settings.current().tlsCertificates[host],
    env: config.proxies ?? {},
  })
  const repositories = createRepositories({
    transports,
    dir: join(config.data, 'git'),
    clock,
    pollMs: config.pollMs,
    credentials: (url) => credentialsFor(url, credentialsFrom([...repositorySecrets.values()])),
  })
  const rendererOf = (from: Repositories): Renderer =>
    createRenderer({ repositories: from, dir: join(config.data, 'work'), now: () => clock.now() })
  const renderer = rendererOf(repositories)
  const book = new AssignmentBook(store.records, clock)
  let fleet: RunningFleet | undefined
  const running = (): RunningFleet => {
    if (!fleet) throw new Error('the fleet has not been started')
    return fleet
  }
  const controller = new ApplicationController({
    objects,
    records: store.records,
    book,
    renderer,
    repositories,
    clusters,
    settings,
    fleet: running,
    clock,
    random,
    log,
  })
  applications = controller
  const certificate = config.insecure
    ? undefined
    : config.tls
      ? givenCertificate(config.tls, clock)
      : await ownCertificate(config.data, [...new Set(['localhost', '127.0.0.1', config.host])], clock)
  let url = config.externalUrl ?? ''
  fleet = await createFleet({
    records: store.records,
    objects,
    source: book,
    receiver: controller,
    clock,
    random,
    log,
    namespace: controlNamespace,
    address: () => ({ url, fingerprint: certificate?.fingerprint, plain: config.insecure }),
  })
  await controller.start()
  const stopDepartures = followDepartures({
    clusters,
    fleet,
    failed: (cluster, error) => log.warn({ cluster, error: String(error) }, 'the cluster could not be forgotten'),
  })
  const stopTelling = tellOfConnections({
    fleet,
    subject: (cluster) => {
      const secret = clusters.secretOf(cluster)
      return secret && { apiVersion: 'v1', kind: 'Secret', metadata: secret.metadata }
    },
    objects,
    clock,
    random,
  })
  let jq: Promise<Jq> | undefined
  const sets = createApplicationSetController({
    objects,
    clusters,
    repositories,
    sources: createSources(clusters, repositories, () => clock.now()),
    clock,
    random,
    hasProject: (name) => controller.project(name) !== undefined,
    deletePaths: async () => (await (jq ??= createJq())).deletePaths,
    log,
  })
  await sets.start()
  const stopGarbage = await startGarbageCollector({ objects, clock, log })
  const stopEvents = collectOldEvents({ objects, clock, log })
  const stopContent = collectOldContent({ book, clock, log })

  // HTTP: REST, webhooks, the Kubernetes API, the agents' channel.
  const server = createServer({
    tls: certificate,
    isStream: (request) => declarationOf(request)?.stream === true,
    inParts: (request) => declarationOf(request)?.parts === true,
    failed: (error, path) => log.warn({ path, error: String(error) }, 'request failed'),
  })
  const context: ApiContext = {
    objects,
    controller,
    fleet,
    clusters,
    repositories,
    rendererOf,
    transports,
    renderer,
    settings,
    sessions: keeper,
    access: createAccess({
      rbac: () => settings.current().rbac,
      project: (name) => controller.project(name),
      broken: (project, lines) =>
        log.warn({ project: project || undefined, lines }, 'a policy of access cannot be read, and grants nothing'),
    }),
    audit: createAudit({ objects, clock, random }),
    clock,
    random,
    version,
    linkFailed: (link, why) => log.warn({ link, error: why }, 'a link of argocd-cm could not be made'),
  }
  holdToDeclarations(server, (request) => identify(context, request))
  addSessionRoutes(server, context)
  addApplicationRoutes(server, context)
  addSyncRoutes(server, context)
  addWaitingRoute(server, context)
  addResourceRoutes(server, context)
  addUploadRoutes(server, context)
  addLinkRoutes(server, context)
  addLogRoutes(server, context)
  addWatchRoutes(server, context)
  addClusterRoutes(server, context)
  addProjectRoutes(server, context)
  addRoleTokenRoutes(server, context)
  addRepositoryRoutes(server, context)
  addRepoCredsRoutes(server, context)
  addCertificateRoutes(server, context)
  addNotificationRoutes(server, context)
  addApplicationSetRoutes(server, context, sets)
  await addWebhookRoute(server, context)
  const metrics = createMetrics({ applications: controller.apps(), clusters, fleet })
  addMetricsRoute(server, metrics)
  server.get('/healthz', () => 'ok')
  server.get('/extensions.js', (_request, reply) => reply.type('text/javascript').send(''))
  await server.register((scope, _options, done) => {
    // The handler reads its bodies itself: it knows YAML, patches and their limits.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))
    scope.all('/k8s/*', async (request, reply) => {
      reply.hijack()
      await kube.handle(request.raw, reply.raw)
    })
    scope.all('/k8s', async (request, reply) => {
      reply.hijack()
      await kube.handle(request.raw, reply.raw)
    })
    done()
  })
  fleet.attach(server.server)
  const connections = new Connections(server.server)
  const certificates =
    certificate &&
    watchCertificate({
      current: certificate,
      read: config.readTls,
      use: ({ cert, key }) => (server.server as unknown as TlsServer).setSecureContext({ cert, key }),
      clock,
      log,
    })
  await server.listen({ host: config.host, port: config.port })
  const { port } = server.server.address() as AddressInfo
  const host = config.host === '0.0.0.0' ? '127.0.0.1' : config.host
  const local = `${config.insecure ? 'http' : 'https'}://${host}:${port}`
  url = config.externalUrl ?? local

  const kubeconfig = async (server = url): Promise<string> => {
    const token = await keeper.issue('admin:login', 365 * 24 * 3600, random.uuid())
    return kubeconfigOf(`${server}/k8s`, token, certificate, server === local && server !== url)
  }
  const startOwn = overrides.inCluster
  const stopOwn = startOwn
    ? await startOwn({
        hubUrl: local,
        joinToken: (await running().addCluster('in-cluster', { replace: true })).token,
        kubeconfig: await kubeconfig(local),
      })
    : undefined

  return {
    url,
    firstPassword,
    objects,
    fleet,
    fingerprint: certificate?.fingerprint,
    kubeconfig: () => kubeconfig(),
    async stop() {
      await stopOwn?.()
      await running().close()
      const closed = server.close()
      // Those that are still shaking hands too.
      connections.cut()
      await closed
      metrics.stop()
      stopTelling()
      stopDepartures()
      stopEvents()
      stopContent()
      certificates?.stop()
      await stopGarbage()
      await sets.stop()
      await (await jq)?.close()
      await controller.stop()
      clusters.stop()
      settings.stop()
      repositorySecrets.stop()
      await repositories.close()
      await transports.close()
      await store.close()
    },
  }
}

function bearerOf(request: IncomingMessage): string {
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
}

function actorOf(user: string): Actor {
  return { user, groups: user === 'admin' ? ['system:masters', 'system:authenticated'] : ['system:authenticated'] }
}

async function ensureNamespace(objects: Objects, name: string): Promise<void> {
  try {
    await objects.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  } catch (error) {
    if (!(error instanceof StatusError) || error.status.reason !== 'AlreadyExists') throw error
  }
}

/** Whoever made the certificate himself is told to trust it; one of an authority is trusted through the authority. */
function kubeconfigOf(server: string, token: string, certificate: Certificate | undefined, own: boolean): string {
  const trust = certificate && isSelfSigned(certificate.cert)
  // Over the loopback of its own process's host the hub speaks to itself, by an address that no certificate names.
  const skip = own && certificate && !trust ? { 'insecure-skip-tls-verify': true } : {}
  const authority = trust ? { 'certificate-authority-data': Buffer.from(certificate.cert).toString('base64') } : skip
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'flotilla', cluster: { server, ...authority } }],
      users: [{ name: 'admin', user: { token } }],
      contexts: [{ name: 'flotilla', context: { cluster: 'flotilla', user: 'admin', namespace: controlNamespace } }],
      'current-context': 'flotilla',
    },
    null,
    2,
  )}\n`
}
