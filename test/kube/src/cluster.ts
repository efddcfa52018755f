import type { ServerResponse } from 'node:http'
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { defaultPlugins } from '@flotilla/shared/apiserver/admission/default-plugins'
import { createAccess } from '@flotilla/shared/apiserver/access/access'
import { createByName } from '@flotilla/shared/apiserver/access/create-by-name'
import { rbacEscalation } from '@flotilla/shared/apiserver/access/escalation'
import { bearerToken } from '@flotilla/shared/apiserver/access/authenticator'
import { anonymous, claimedUser } from '@flotilla/shared/apiserver/access/identity'
import { webhookPlugins } from '@flotilla/shared/apiserver/admission/webhooks/plugins'
import { createApiServer, type ApiServer } from '@flotilla/shared/apiserver/api-server'
import { serveDefinitions } from '@flotilla/shared/apiserver/crd/registrar'
import type { VirtualRequest } from '@flotilla/shared/apiserver/hooks'
import { builtinStrategies } from '@flotilla/shared/apiserver/kinds/index'
import { MemoryStore } from '@flotilla/shared/apiserver/memory-store'
import type { ObjectStore } from '@flotilla/shared/apiserver/object-store'
import type { Actor, Objects, ResourceRef } from '@flotilla/shared/apiserver/objects'
import { ResourceTable } from '@flotilla/shared/apiserver/resource'
import { builtinResources } from '@flotilla/shared/apiserver/schema/builtin'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { webhookCaller, type ResolveService } from '@flotilla/shared/runtime/webhook-caller'
import { priorityClasses, systemPriorities } from './access/bootstrap-priorities.ts'
import { bootstrapRoles } from './access/bootstrap-roles.ts'
import { bootstrapObjects } from './bootstrap-objects.ts'
import { CertificateSigner } from './access/certificate-signer.ts'
import { makeCertificates, type ClientCertificate } from './certificates.ts'
import { Connections } from '@flotilla/shared/runtime/connections'
import { timestamp } from './controllers/conditions.ts'
import { startControlPlane, type ControlPlane } from './control-plane.ts'
import { evictPod } from './eviction.ts'
import { withFaults } from './fault-listener.ts'
import { Faults, type RequestRecord } from './faults.ts'
import type { Pace } from './kubelet/lifecycle.ts'
import { connectPod } from './kubelet/streams.ts'
import { Upgrades } from './kubelet/upgrades.ts'
import { resources } from './machinery/resources.ts'
import type { Served, ServedResources } from './machinery/served.ts'
import { version } from './version.ts'

export interface ClusterOptions {
  readonly clock: Clock
  readonly random: Random
  /** On loopback; 0 or absent: any free one. */
  readonly port?: number
  /** Absent: on. */
  readonly controllers?: boolean
  /** How many nodes a stand-in for kubelet and scheduler registers; without any, pods stay Pending. Absent: 0. */
  readonly nodes?: number
  readonly pace?: Pace
  /**
   * How long each control loop takes to notice a change, as real ones do: who writes the status of two pods can count on
   * both still being there. Absent: none.
   */
  readonly reactionMs?: number
  /** What the cluster holds; given to another cluster, that one goes on with it, as after a new start. Absent: nothing yet. */
  readonly store?: ObjectStore
  /** Bearer tokens beside the administrator's. */
  readonly tokens?: ReadonlyMap<string, Actor>
  /** Where the services are that webhooks name: no pod of this cluster listens. Absent: none can be reached. */
  readonly services?: ResolveService
  /** Whether pods get a service account and its token, as by the admission plugin of that name. Absent: no. */
  readonly serviceAccounts?: boolean
  /** How many requests are remembered. Absent: 100,000. */
  readonly rememberedRequests?: number
}

export interface Cluster {
  readonly url: string
  /** For an administrator, as YAML (written as JSON). */
  readonly kubeconfig: string
  readonly certificateAuthority: string
  /** A certificate by which a client proves to be a user of some groups. */
  issueCertificate(user: string, groups: readonly string[]): Promise<ClientCertificate>
  /** The API in process, as its controllers use it. */
  readonly objects: Objects
  readonly faults: Faults
  /** What came in over HTTP, oldest first. */
  readonly requests: readonly RequestRecord[]
  /** Cuts the connections of all watches, as a proxy or a server that restarts does. */
  cutWatches(): void
  /** Cuts every connection that is open now, as a network does. */
  cutConnections(): void
  close(): Promise<void>
}

const noServices: ResolveService = (_, name) => Promise.resolve(`service ${JSON.stringify(name)} not found`)

const asServer = { fieldManager: 'kube-apiserver' }
const clusterRoleBindings = { ...resources.clusterRoles, resource: 'clusterrolebindings' }

/** Starts a whole cluster in this process: API over TLS, controllers, and nodes where asked for. */
export async function createCluster(options: ClusterOptions): Promise<Cluster> {
  const { clock, random } = options
  const certificates = makeCertificates()
  const adminToken = Buffer.from(random.bytes(24)).toString('base64url')
  const admin: Actor = { user: 'admin', groups: ['system:masters', 'system:authenticated'] }
  const tokens = new Map([...(options.tokens ?? []), [adminToken, admin]])
  const table = new ResourceTable(builtinResources(builtinStrategies))
  const store = options.store ?? new MemoryStore()
  const upgrades = new Upgrades()
  const access = createAccess({ store, clock, random, tokens })
  const api: ApiServer = createApiServer({
    store,
    resources: table,
    clock,
    random,
    version,
    admission: [
      createByName,
      ...defaultPlugins({
        serviceAccounts: options.serviceAccounts ?? false,
        webhooks: webhookPlugins(webhookCaller(options.services ?? noServices)),
      }),
      rbacEscalation,
    ],
    hooks: {
      handle: async (request) =>
        (await bindPod(store, clock.now(), request)) ??
        (await evictPod(api.objects, () => clock.now(), request)) ??
        (await access.handle(request)),
    },
    authenticate: (request) => access.authenticate(request),
    authorize: (info) => access.authorize(info),
    document: (path) => access.document(path),
    connect: (info, request, response) =>
      connectPod({ objects: api.objects, clock, upgrades }, info, request, response),
  })
  // What an earlier cluster of the same store has made is left as it is.
  const make = async (ref: ResourceRef, object: KubeObject): Promise<void> => {
    try {
      await api.objects.create(ref, object, asServer)
    } catch (error) {
      if (!(error instanceof StatusError && error.status.reason === 'AlreadyExists')) throw error
    }
  }
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease'])
    await make(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  for (const object of systemPriorities) await make(priorityClasses, object)
  for (const { ref, object } of bootstrapObjects(options.port ?? 6443)) await make(ref, object)
  for (const object of bootstrapRoles)
    await make(object.kind === 'ClusterRole' ? resources.clusterRoles : clusterRoleBindings, object)
  await serveDefinitions({
    store,
    resources: table,
    objects: api.objects,
    clock,
    onError: (error) => process.emitWarning(String(error)),
  })
  let plane: ControlPlane | undefined
  if (options.controllers !== false) {
    const { nodes = 0, pace, reactionMs = 0 } = options
    const certificateAuthority = certificates.authority
    plane = await startControlPlane({
      objects: api.objects,
      served: servedOf(table),
      clock,
      certificateAuthority,
      tokens: access.tokens,
      signer: new CertificateSigner({ objects: api.objects, clock }, random, {
        certificate: certificates.authority,
        key: certificates.authorityKey,
      }),
      nodes,
      reactionMs,
      ...(pace ? { pace } : {}),
    })
  }
  const faults = new Faults()
  const requests: RequestRecord[] = []
  const watches = new Set<ServerResponse>()
  const userOf = ({ headers }: { headers: { authorization?: string | undefined } }): string => {
    const token = bearerToken({ authorization: headers.authorization }) ?? ''
    return tokens.get(token)?.user ?? claimedUser(token) ?? anonymous.user
  }
  const listener = withFaults((request, response) => void api.handle(request, response), {
    faults,
    requests,
    remembered: options.rememberedRequests ?? 100_000,
    clock,
    userOf,
    watches,
  })
  // As a real one: clients that hold many watches share one connection, and WebSockets come over HTTP/1.1.
  const server = createSecureServer(
    {
      allowHTTP1: true,
      key: certificates.key,
      cert: certificates.certificate,
      // Certificates are asked for and judged by who authenticates; nobody needs one.
      ca: certificates.authority,
      requestCert: true,
      rejectUnauthorized: false,
    },
    // Node's requests and responses of HTTP/2 do all that those of HTTP/1.1 do and the API asks of them.
    (request, response) => listener(request as never, response as never),
  )
  const connections = new Connections(server)
  upgrades.serve(server, listener)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    kubeconfig: kubeconfigOf(url, certificates.authority, adminToken),
    certificateAuthority: certificates.authority,
    issueCertificate: (user, groups) => Promise.resolve(certificates.issue(user, groups)),
    objects: api.objects,
    faults,
    requests,
    cutWatches() {
      for (const response of watches) response.socket?.destroy()
    },
    cutConnections() {
      upgrades.close()
      connections.cut()
    },
    async close() {
      plane?.close()
      upgrades.close()
      await connections.close()
    },
  }
}

function kubeconfigOf(server: string, authority: string, token: string): string {
  const cluster = { server, 'certificate-authority-data': Buffer.from(authority).toString('base64') }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'kube', cluster }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'kube', context: { cluster: 'kube', user: 'admin' } }],
    'current-context': 'kube',
  }
  return `${JSON.stringify(config, undefined, 2)}\n`
}

/** One version of each resource is enough to follow it. */
function servedOf(table: ResourceTable): ServedResources {
  let known: readonly Served[] = []
  let version: number | undefined
  return {
    list() {
      if (version === table.version) return known
      const byName = new Map<string, Served>()
      for (const { group, version: shown, plural, kind, namespaced, verbs, virtual } of table.all()) {
        const id = `${group}/${plural}`
        if (virtual !== true && !byName.has(id))
          byName.set(id, { group, version: shown, resource: plural, kind, namespaced, verbs })
      }
      known = [...byName.values()]
      version = table.version
      return known
    },
    onChange: (listener) => table.onChange(listener),
  }
}

interface BoundStatus {
  readonly conditions?: readonly { readonly type: string }[]
  readonly nominatedNodeName?: string
}

/** Why a pod cannot be put on a node. */
function notToBeBound({
  metadata,
  spec,
}: KubeObject & { spec?: { nodeName?: string; schedulingGates?: unknown[] } }): string | undefined {
  if (metadata.deletionTimestamp !== undefined)
    return `pod ${metadata.name} is being deleted, cannot be assigned to a host`
  if ((spec?.nodeName ?? '') !== '') return `pod ${metadata.name} is already assigned to node "${spec?.nodeName}"`
  if ((spec?.schedulingGates ?? []).length > 0) return `pod ${metadata.name} has non-empty .spec.schedulingGates`
  return undefined
}

/** A binding puts its pod on a node, past the rule that no update of a pod may. */
async function bindPod(store: ObjectStore, now: number, request: VirtualRequest): Promise<KubeObject | undefined> {
  if (request.resource.plural !== 'pods' || request.subresource !== 'binding') return undefined
  const name = request.name === '' ? (request.body.metadata.name ?? '') : request.name
  const key = { resource: 'pods', namespace: request.namespace, name }
  const stored = await store.get(key)
  if (!stored) throw new StatusError(404, 'NotFound', `pods "${name}" not found`, { name, kind: 'pods' })
  const { object } = stored
  const target = request.body['target'] as { name?: string } | undefined
  const why = notToBeBound(object)
  if (why !== undefined) {
    const text = `Operation cannot be fulfilled on pods/binding "${name}": ${why}`
    throw new StatusError(409, 'Conflict', text, { name, kind: 'pods/binding' })
  }
  const transition = timestamp(now)
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: transition }
  const spec = { ...(object['spec'] as object), nodeName: target?.name }
  const { nominatedNodeName: _, conditions = [], ...rest } = (object['status'] ?? {}) as BoundStatus
  const others = conditions.filter(({ type }) => type !== scheduled.type)
  const status = { ...rest, conditions: [...others, scheduled] }
  if (!request.dryRun) await store.update(key, { ...object, spec, status }, stored.revision)
  return { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Success', code: 201 }
}
