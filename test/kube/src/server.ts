import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import type { ApiServer } from '@flotilla/shared/apiserver/api-server'
import { createApiServer } from '@flotilla/shared/apiserver/api-server'
import { builtinStrategies } from '@flotilla/shared/apiserver/kinds/index'
import { MemoryStore } from '@flotilla/shared/apiserver/memory-store'
import type { Actor } from '@flotilla/shared/apiserver/objects'
import { builtinResources } from '@flotilla/shared/apiserver/schema/builtin'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { Clock, Random } from '@flotilla/shared/lang/clock'

export interface KubeOptions {
  readonly port: number
  readonly clock: Clock
  readonly random: Random
  readonly tokens: ReadonlyMap<string, Actor>
}

export interface Kube {
  readonly server: Server
  readonly port: number
  readonly certificate: string
  readonly api: ApiServer
}

const anonymous: Actor = { user: 'system:anonymous', groups: ['system:unauthenticated'] }

/** Starts an embedded API server over TLS. */
export async function startKube(options: KubeOptions): Promise<Kube> {
  const api = createApiServer({
    store: new MemoryStore(),
    resources: builtinResources(builtinStrategies),
    clock: options.clock,
    random: options.random,
    version: {
      major: '1',
      minor: '36',
      emulationMajor: '1',
      emulationMinor: '36',
      minCompatibilityMajor: '1',
      minCompatibilityMinor: '35',
      gitVersion: 'v1.36.1',
      gitCommit: '',
      gitTreeState: '',
      buildDate: '1970-01-01T00:00:00Z',
      goVersion: 'go1.26.8',
      compiler: 'gc',
      platform: 'linux/amd64',
    },
    authenticate: (request) => {
      const header = request.headers.authorization
      if (header === undefined) return anonymous
      const actor = options.tokens.get(header.replace(/^Bearer /, ''))
      if (!actor) throw new StatusError(401, 'Unauthorized', 'Unauthorized')
      return actor
    },
    authorize: (info) => ({
      allowed: info.actor.groups.includes('system:masters') || /^\/(healthz|livez|readyz|version)/.test(info.path),
    }),
  })
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease'])
    await api.objects.create(
      { group: '', version: 'v1', resource: 'namespaces' },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    )
  const pems = await generate([{ name: 'commonName', value: 'kube' }])
  const server = createServer(
    { key: pems.private, cert: pems.cert },
    (request, response) => void api.handle(request, response),
  )
  await new Promise<void>((resolve) => server.listen(options.port, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port, certificate: pems.cert, api }
}
