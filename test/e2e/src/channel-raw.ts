import { join } from 'node:path'
import { WebSocket } from 'ws'
import { AgentIdentity } from '@flotilla/agent/channel/identity'
import { Decoder, DOWN_LIMITS, encode } from '@flotilla/shared/protocol/codec'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import { until, type ChannelWorld } from './channel-world.ts'

export const configMap = (name: string, text = 'x') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { text },
})
const EMPTY = `sha256:${sha256('')}`

/** A socket that speaks the protocol by hand. */
export async function raw(
  world: ChannelWorld,
  identity: AgentIdentity,
  mode: 'join' | 'key',
  headers: Record<string, string> = {},
  protocol: string | string[] = 'flotilla.1',
) {
  const ws = new WebSocket(`${world.url.replace('http', 'ws')}/agent/v1/channel`, [protocol].flat(), {
    headers: { authorization: `Bearer ${await identity.credential(mode)}`, ...headers },
    rejectUnauthorized: false,
  })
  const received: { n?: string; s?: number; m?: Record<string, unknown> }[] = []
  let closed: number | undefined
  const decoder = new Decoder(DOWN_LIMITS)
  ws.on('message', (data) => {
    const envelope = decoder.decode((data as Buffer).toString())
    if (envelope !== undefined) received.push(envelope as (typeof received)[number])
  })
  ws.on('close', (code) => (closed = code))
  const opened = await new Promise<number>((resolve) => {
    ws.on('open', () => resolve(101))
    ws.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    ws.on('error', () => resolve(0))
  })
  const send = (value: object): void => {
    for (const frame of encode(value)) ws.send(frame)
  }
  return {
    ws,
    status: opened,
    received,
    send,
    closed: () => closed,
    /** Greets, and answers the session's name. */
    async hello(extra: object = {}): Promise<string> {
      send({
        m: { type: 'hello', agentVersion: '1', instance: realRandom.uuid(), desired: EMPTY, reports: EMPTY, ...extra },
      })
      await until(() => closed !== undefined || received.some(({ m }) => m?.['type'] === 'welcome'))
      return String(received.find(({ m }) => m?.['type'] === 'welcome')?.m?.['session'])
    },
  }
}

export async function identityFor(world: ChannelWorld, cluster: string, suffix = ''): Promise<AgentIdentity> {
  const { token } = await world.fleet.addCluster(cluster)
  return AgentIdentity.open({
    state: join(world.directory, `raw-${cluster}${suffix}`),
    token,
    clock: realClock,
    random: realRandom,
  })
}
