import { WebSocket } from 'ws'
import { AgentIdentity } from '@flotilla/agent/channel/identity'
import { setDigest } from '@flotilla/shared/protocol/digest'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { sha256 } from '@flotilla/shared/runtime/sha256'

/** An agent that is to connect: where its key lies, and what it says that it has. */
export interface Member {
  readonly state: string
  readonly token: string
  readonly desired: string
}

/** What the bench asks of this process; it is answered when done. */
export type Ask =
  | {
      readonly ask: 'connect'
      readonly url: string
      readonly members: readonly Member[]
      readonly mode: 'join' | 'key'
    }
  | { readonly ask: 'close' }

export interface Told {
  /** Messages that came besides `welcome`, so far. */
  readonly extra: number
}

/** A process that holds the agents' ends of a fleet's connections: real credentials and sockets, no engine behind them. */
const sockets: WebSocket[] = []
const reports = setDigest(new Map(), sha256)
let extra = 0

async function connect(url: string, { state, token, desired }: Member, mode: 'join' | 'key'): Promise<void> {
  const identity = await AgentIdentity.open({ state, token, clock: realClock, random: realRandom })
  const headers = { authorization: `Bearer ${await identity.credential(mode)}` }
  const socket = new WebSocket(`${url.replace('http', 'ws')}/agent/v1/channel`, ['flotilla.1'], {
    headers,
    perMessageDeflate: false,
    // Whom agents trust is not what is measured.
    rejectUnauthorized: false,
  })
  sockets.push(socket)
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () =>
      socket.send(
        JSON.stringify({ m: { type: 'hello', agentVersion: '1', instance: identity.cluster, desired, reports } }),
      ),
    )
    socket.on('message', (data) => {
      const { m } = JSON.parse((data as Buffer).toString()) as { m?: { type: string; resume?: boolean } }
      if (m?.type === 'welcome' && m.resume === true) resolve()
      else extra++
    })
  })
}

async function serve(asked: Ask): Promise<void> {
  if (asked.ask === 'close')
    await Promise.all(
      sockets.splice(0).map((socket) => new Promise((resolve) => (socket.on('close', resolve), socket.close()))),
    )
  else {
    const queue = [...asked.members]
    const dialer = async (): Promise<void> => {
      for (let member = queue.pop(); member; member = queue.pop()) await connect(asked.url, member, asked.mode)
    }
    await Promise.all(Array.from({ length: 64 }, dialer))
  }
  process.send?.({ extra } satisfies Told)
}

process.on('message', (asked) => void serve(asked as Ask))
