import type { Server } from 'node:http'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import type { Log } from '@flotilla/shared/runtime/log'
import type { Records } from '../store/records.ts'
import { forgetFacts, rememberFacts, rememberedFacts } from './facts.ts'
import { Gateway } from './gateway.ts'
import { installCommand, installManifest } from './install.ts'
import { Ledger } from './ledger.ts'
import {
  FleetError,
  type DesiredSource,
  type Fleet,
  type JoinInstructions,
  type ReportReceiver,
  type SecurityEvent,
} from './ports.ts'
import { Presence } from './presence.ts'
import { Registration } from './registration.ts'

export interface FleetOptions {
  readonly records: Records
  readonly objects: Objects
  readonly source: DesiredSource
  readonly receiver: ReportReceiver
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** How agents reach the hub, and by which certificate they know it. */
  readonly address: () => {
    readonly url: string
    readonly fingerprint?: string | undefined
    readonly plain?: boolean | undefined
  }
  readonly security?: ((event: SecurityEvent) => void) | undefined
  /** Where Argo CD's objects live. */
  readonly namespace?: string | undefined
  readonly agentImage?: string | undefined
  readonly heartbeatMs?: number | undefined
  readonly overlapMs?: number | undefined
}

/** The fleet as the hub runs it. */
export interface RunningFleet extends Fleet {
  readonly gateway: Gateway
  attach(server: Server): void
  close(): Promise<void>
}

const SECRETS = { group: '', version: 'v1', resource: 'secrets' } as const
const NAME = /^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/

/** The server URL under which a cluster with an agent is known to Applications. */
export function serverOf(cluster: string): string {
  return cluster === 'in-cluster' ? 'https://kubernetes.default.svc' : `https://${cluster}.clusters.flotilla.internal`
}

/** Wires registration, gateway and presence into one fleet. */
export async function createFleet(options: FleetOptions): Promise<RunningFleet> {
  const { records, objects, clock, log } = options
  const namespace = options.namespace ?? 'argocd'
  const security = (event: SecurityEvent): void => {
    const { message, ...data } = event
    log.warn({ ...data, security: true }, message)
    options.security?.(event)
  }
  const registration = await Registration.open({ ...options, security })
  const presence = new Presence(clock, await rememberedFacts(records))
  const stopRemembering = rememberFacts(records, presence, log)
  const ledger = new Ledger(records)
  const gateway = new Gateway({ ...options, registration, presence, ledger, security })
  const refOf = (name: string) => ({ ...SECRETS, namespace, name: `cluster-${name}` })

  const connectionOf = (cluster: string) => {
    const connection = gateway.connection(cluster)
    if (connection === undefined)
      throw new FleetError('disconnected', `the agent of cluster '${cluster}' is not connected`)
    return connection
  }

  const addCluster: Fleet['addCluster'] = async (name, add = {}): Promise<JoinInstructions> => {
    if (!NAME.test(name))
      throw new FleetError(
        'invalid',
        'a cluster name has up to 63 lower-case letters, digits, "-" and ".", and begins and ends with a letter or digit',
      )
    const { url, fingerprint, plain } = options.address()
    const { token, expiresAt } = await registration.createJoinToken(name, {
      ttlMs: add.ttlMs,
      replace: add.replace,
      fingerprint,
      plain,
    })
    await objects
      .create({ ...SECRETS, namespace }, clusterSecret(name, namespace, add))
      .catch(async (error: unknown) => {
        if (
          (error as { reason?: unknown; status?: { reason?: unknown } }).status?.reason !== 'AlreadyExists' &&
          (error as { reason?: unknown }).reason !== 'AlreadyExists'
        )
          throw error
        const metadata = { labels: add.labels ?? {}, annotations: add.annotations ?? {} }
        await objects.patch(refOf(name), { metadata }, { type: 'merge' })
      })
    const install = {
      cluster: name,
      hubUrl: url,
      token,
      image: options.agentImage ?? 'ghcr.io/flotilla/flotilla:latest',
    }
    return {
      name,
      server: serverOf(name),
      token,
      expiresAt,
      command: installCommand(install),
      manifest: installManifest(install),
    }
  }

  const revoke = async (cluster: string): Promise<void> => {
    await registration.revoke(cluster)
    gateway.cut(cluster, 'revoked')
    presence.turn(cluster, 'revoked')
  }

  const forget = async (cluster: string): Promise<void> => {
    await revoke(cluster)
    await registration.forget(cluster)
    presence.forget(cluster)
    await forgetFacts(records, cluster)
  }

  return {
    gateway,
    attach: (server) => gateway.attach(server),
    connected: (cluster) => gateway.connection(cluster) !== undefined,
    presence: (cluster) =>
      presence.get(
        cluster,
        registration.joined(cluster) ? 'unknown' : registration.revoked(cluster) ? 'revoked' : 'pending',
      ),
    onPresence: (listener) => presence.listen(listener),
    query: async (cluster, query, ask) => {
      const { version, queries } = connectionOf(cluster)
      if (query.type === 'diff' && version < 2)
        throw new FleetError('failed', `the agent of cluster '${cluster}' is too old to compare manifests: update it`)
      return queries.ask(query, ask)
    },
    stream: (cluster, query, ask) => connectionOf(cluster).queries.stream(query, ask),
    addCluster,
    revoke,
    forget,
    registered: () => registration.names(),
    rotate: (cluster) => connectionOf(cluster).rotateNow(),
    close() {
      stopRemembering()
      return gateway.close()
    },
  }
}

function clusterSecret(
  name: string,
  namespace: string,
  add: {
    labels?: Readonly<Record<string, string>> | undefined
    annotations?: Readonly<Record<string, string>> | undefined
    project?: string | undefined
  },
): KubeObject {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: `cluster-${name}`,
      namespace,
      labels: { ...add.labels, 'argocd.argoproj.io/secret-type': 'cluster' },
      annotations: { ...add.annotations, 'managed-by': 'argocd.argoproj.io' },
    },
    type: 'Opaque',
    data: {
      name: base64(name),
      server: base64(serverOf(name)),
      config: base64('{"tlsClientConfig":{"insecure":false}}'),
      ...(add.project === undefined ? {} : { project: base64(add.project) }),
    },
  }
}
