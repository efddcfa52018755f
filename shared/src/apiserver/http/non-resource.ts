import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { ApiServerOptions } from '../api-server.ts'
import { apiVersionOf } from '../decode-object.ts'
import { noSuchResource } from '../errors.ts'
import type { Machine } from '../hooks.ts'
import { definitions } from '../schema/builtin.ts'
import { aggregated, groupList, groupOf, legacyVersions, resourceList } from './discovery.ts'
import type { Answer } from './answer.ts'
import { openApiDocument } from './open-api.ts'

const notFoundText: Answer = { code: 404, body: undefined, text: '404 page not found\n' }

/** Discovery, OpenAPI, version and health. */
export async function serveNonResource(
  machine: Machine,
  options: ApiServerOptions,
  pathname: string,
  request: IncomingMessage,
): Promise<Answer> {
  const path = pathname.length > 1 ? pathname.replace(/\/+$/, '') : pathname
  if (path === '/version') return { code: 200, body: options.version }
  if (/^\/(healthz|livez|readyz)(\/(ping|log|etcd))?$/.test(path)) return { code: 200, body: undefined, text: 'ok' }
  if (path === '/openapi/v3') return { code: 200, body: openApiIndex(machine) }
  if (path.startsWith('/openapi/v3/')) {
    const document = openApiDocument(machine.resources, definitions, path.slice(12))
    return document ? { code: 200, body: document } : notFoundText
  }
  return discovery(machine, options, path, request)
}

function openApiIndex(machine: Machine): unknown {
  const versions = [...new Set(machine.resources.all().map((row) => apiVersionOf(row)))]
  const paths = versions.map((version) => {
    const path = version.includes('/') ? `apis/${version}` : `api/${version}`
    const hash = createHash('sha512').update(`${path} ${machine.resources.version}`).digest('hex').toUpperCase()
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const
  })
  return { paths: Object.fromEntries(paths) }
}

function discovery(machine: Machine, options: ApiServerOptions, path: string, request: IncomingMessage): Answer {
  const { resources } = machine
  const wantsAggregated = (request.headers.accept ?? '').replaceAll(' ', '').includes('v=v2;as=APIGroupDiscoveryList')
  const server = request.headers.host ?? 'localhost'
  // Clients read the form from the content type, not from the body.
  const contentType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
  if (wantsAggregated && (path === '/api' || path === '/apis'))
    return { code: 200, body: aggregated(resources, path === '/api'), contentType }
  if (path === '/api') return { code: 200, body: legacyVersions(server) }
  if (path === '/apis') return { code: 200, body: groupList(resources) }
  if (path === '/')
    return {
      code: 200,
      body: { paths: ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v3', '/readyz', '/version'] },
    }
  const parts = path.split('/').slice(1)
  if (parts[0] === 'api' && parts.length === 2)
    return found(resourceList(resources, '', parts[1] ?? ''), resources.groups().includes(''))
  if (parts[0] !== 'apis') return notFoundText
  const group = parts[1] ?? ''
  if (parts.length === 2) return found(groupOf(resources, group), false)
  void options
  return found(resourceList(resources, group, parts[2] ?? ''), resources.groups().includes(group))
}

function found(body: unknown, groupKnown: boolean): Answer {
  if (body !== undefined) return { code: 200, body }
  if (groupKnown) throw noSuchResource()
  return notFoundText
}
