import type { FastifyInstance, FastifyRequest } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import { serve } from './declared.ts'
import { controlNamespace, inClusterName, refOf, resources } from '@flotilla/shared/argo/resources'
import { label } from '@flotilla/shared/argo/annotations'
import type { Application } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { clusterOf } from '../applications/clusters.ts'
import { connectionStateOf } from '../fleet/connection-state.ts'
import type { ClusterEntry } from '../applications/spec-check.ts'
import { bodyOf, identify, param, permit, permits, queryOf, unescaped, type ApiContext } from './context.ts'
import { ApiError, code, permissionDenied } from './errors.ts'
import { listToWire } from './wire.ts'

/** Clusters as Argo CD lists them, and the one thing it has not: enrolment of an agent. */
export function addClusterRoutes(app: FastifyInstance, context: ApiContext): void {
  const { clusters, fleet, objects } = context
  const rbac = (entry: ClusterEntry): string => (entry.project ? `${entry.project}/${entry.server}` : entry.server)

  const show = (entry: ClusterEntry): object => {
    const presence = fleet.presence(entry.name)
    const connectionState = connectionStateOf(presence)
    const serverVersion = presence.facts?.kubernetesVersion?.replace(/^v/, '')
    const applicationsCount = [...context.controller.apps().values()].filter((item) => {
      const { name, server } = (item as Application).spec.destination ?? {}
      return name === entry.name || server === entry.server
    }).length
    const labels = Object.fromEntries(Object.entries(entry.labels).filter(([key]) => key !== label.secretType))
    return {
      name: entry.name,
      server: entry.server,
      config: { tlsClientConfig: { insecure: false } },
      ...(entry.project ? { project: entry.project } : {}),
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
      ...(Object.keys(entry.annotations).length > 0 ? { annotations: entry.annotations } : {}),
      connectionState,
      ...(serverVersion ? { serverVersion } : {}),
      info: {
        connectionState,
        ...(serverVersion ? { serverVersion } : {}),
        cacheInfo: {},
        applicationsCount,
        ...(presence.facts?.apis ? { apiVersions: presence.facts.apis } : {}),
      },
    }
  }
  const find = (id: string, type: string): ClusterEntry | undefined => {
    if (type !== 'name' && type !== 'name_escaped') return clusters.byServer(id) ?? clusters.byName(id)[0]
    const name = unescaped(id)
    if (name === undefined) throw new ApiError(code.invalidArgument, `failed to unescape cluster name: ${id}`)
    return clusters.byName(name)[0]
  }

  serve(app, routes.clusters, async (request) => {
    const who = await identify(context, request)
    const server = queryOf(request, 'server')
    const name = queryOf(request, 'name')
    const found = clusters
      .all()
      .filter((entry) => (!server || entry.server === server) && (!name || entry.name === name))
      .filter((entry) => permits(context, request, who, rbac(entry)))
    return listToWire(found.map(show))
  })
  serve(app, routes.createCluster, async (request) => {
    const who = await identify(context, request)
    const { name = '', server = '', project = '' } = bodyOf<{ name: string; server: string; project: string }>(request)
    permit(context, request, who, project ? `${project}/${server}` : server)
    const hint = `flotilla cluster add ${name || 'NAME'}`
    // The hub holds no credential of any cluster: there is nothing that it could do with those in the body.
    throw new ApiError(code.unknown, `a cluster joins by an agent that runs in it: '${hint}' prints the command`)
  })
  const known = async (request: FastifyRequest): Promise<ClusterEntry> => {
    const who = await identify(context, request)
    const entry = find(param(request, 'id'), queryOf(request, 'id.type'))
    if (!entry) throw permissionDenied()
    permit(context, request, who, rbac(entry))
    return entry
  }
  const remove = async (entry: ClusterEntry): Promise<void> => {
    const secret = await secretOf(entry)
    if (secret) await objects.delete(refOf(resources.secrets, controlNamespace, secret.metadata.name ?? ''))
    await fleet.forget(entry.name)
  }
  const secretOf = async (entry: ClusterEntry): Promise<KubeObject | undefined> => {
    const { items } = await objects.list(
      { ...resources.secrets, namespace: controlNamespace },
      { labelSelector: `${label.secretType}=cluster` },
    )
    return items.find((item) => clusterOf(item).name === entry.name)
  }
  serve(app, routes.cluster, async (request) => show(await known(request)))
  serve(app, routes.updateCluster, async (request) => {
    const entry = await known(request)
    const body = bodyOf<{ labels: Record<string, string>; annotations: Record<string, string> }>(request)
    const secret = await secretOf(entry)
    if (!secret) throw permissionDenied()
    const labels = { ...body.labels, [label.secretType]: 'cluster' }
    const metadata = {
      ...secret.metadata,
      ...(body.labels ? { labels } : {}),
      ...(body.annotations ? { annotations: body.annotations } : {}),
    }
    const ref = { ...resources.secrets, namespace: controlNamespace, name: secret.metadata.name ?? '' }
    await objects.update(ref, { ...secret, metadata })
    return show({ ...entry, labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} })
  })
  serve(app, routes.deleteCluster, async (request) => {
    const entry = await known(request)
    if (entry.name !== inClusterName) await remove(entry)
    return {}
  })
  serve(app, routes.invalidateCache, async (request) => show(await known(request)))

  serve(app, routes.rotateAuth, async (request) => {
    const entry = await known(request)
    context.fleet.rotate(entry.name)
    return {}
  })

  serve(app, routes.enrolment, async (request) => {
    const who = await identify(context, request)
    const name = param(request, 'id')
    permit(context, request, who, name)
    const body = bodyOf<{
      labels: Record<string, string>
      annotations: Record<string, string>
      project: string
      replace: boolean
    }>(request)
    const { server, token, command, manifest, expiresAt } = await fleet.addCluster(name, body)
    return { name, server, token, command, manifest, expiresAt: new Date(expiresAt).toISOString() }
  })
  serve(app, routes.revoke, async (request) => {
    const entry = await known(request)
    await fleet.revoke(entry.name)
    return {}
  })
}
