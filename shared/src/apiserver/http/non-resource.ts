import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { ApiServerOptions } from '../api-server.ts'
import { apiVersionOf } from '../decode-object.ts'
import { noSuchResource } from '../errors.ts'
import type { Machine } from '../hooks.ts'
import type { ResourceTable } from '../resource.ts'
import { ownGroup } from '../resource.ts'
import { definitions } from '../schema/builtin.ts'
import { aggregated, groupList, groupOf, legacyVersions, resourceList } from './discovery.ts'
import type { Answer } from './answer.ts'
import { negotiateDiscovery } from './negotiate.ts'
import { openApiDocument } from './open-api.ts'
import { encodeOpenApiV2, openApiV2 } from './open-api-v2.ts'

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
  if (path === '/openapi/v3')
    return { code: 200, body: openApiIndex(machine), contentType: 'text/plain; charset=utf-8' }
  if (path.startsWith('/openapi/v3/')) {
    const document = openApiDocument(machine.resources, definitions, path.slice(12))
    return document ? { code: 200, body: document } : notFoundText
  }
  if (path === '/openapi/v2') return olderOpenApi(String(options.version['gitVersion']), request.headers.accept)
  const document = await options.document?.(path)
  if (document) return { code: 200, body: document.body, contentType: document.contentType }
  return discovery(machine, path, request)
}

const protobufV2 = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

function olderOpenApi(version: string, accept = ''): Answer {
  const document = openApiV2(definitions, version)
  if (!/proto-openapi\.spec\.v2[@.]v1\.0\+protobuf/.test(accept)) return { code: 200, body: document }
  return { code: 200, body: undefined, bytes: encodeOpenApiV2(document), contentType: protobufV2 }
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

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

function discovery(machine: Machine, path: string, request: IncomingMessage): Answer {
  const { resources } = machine
  const root = path === '/api' || path === '/apis'
  const form = negotiateDiscovery(request.headers.accept, root)
  // Clients read the form from the content type, not from the body.
  if (form === 'aggregated')
    return { code: 200, body: aggregated(resources, path === '/api'), contentType: aggregatedType }
  const body = discovered(resources, path, request.headers.host ?? 'localhost')
  return body === undefined ? notFoundText : { code: 200, body, yaml: form === 'yaml' }
}

/** The document at a path; undefined where nobody serves one. Throws a 404 within groups of the server's own. */
function discovered(resources: ResourceTable, path: string, server: string): unknown {
  if (path === '/api') return legacyVersions(server)
  if (path === '/apis') return groupList(resources)
  if (path === '/')
    return {
      paths: ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'],
    }
  const parts = path.split('/').slice(1)
  const core = parts[0] === 'api'
  if (!core && parts[0] !== 'apis') return undefined
  const [group = '', version, ...more] = core ? ['', ...parts.slice(1)] : parts.slice(1)
  if (more.length > 0) return undefined
  if (version === undefined) return groupOf(resources, group)
  const list = resourceList(resources, group, version)
  if (list === undefined && ownGroup(resources, group)) throw noSuchResource()
  return list
}
