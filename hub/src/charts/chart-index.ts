import { STATUS_CODES } from 'node:http'
import { isObject } from '@flotilla/shared/lang/json'
import { parseYaml } from '@flotilla/shared/k8s/yaml'
import { orderedBy } from '@flotilla/shared/lang/order'
import { request } from 'undici'
import type { RepositoryCredentials } from '../git/credentials.ts'
import type { Transports } from '../git/transport.ts'

/** A chart of a repository, its versions in the order of the index. */
export interface ChartEntry {
  readonly name: string
  readonly versions: readonly string[]
}

const mostBytes = 64 * 1024 * 1024
const deadline = 30_000

/**
 * The charts that a Helm repository over HTTP(S) offers. Credentials go to the address they are for: a redirect is not
 * followed with them, and an endless answer is cut.
 */
export async function chartIndex(
  url: string,
  credentials: RepositoryCredentials | undefined,
  transports: Transports,
): Promise<ChartEntry[]> {
  const address = `${url.replace(/\/+$/, '')}/index.yaml`
  const text = await download(address, credentials, transports)
  const index = parseYaml(text)
  const entries = isObject(index) ? index['entries'] : undefined
  if (!isObject(entries)) throw new Error(`${address} is no index of charts: it has no entries`)
  return Object.entries(entries)
    .map(([name, versions]) => ({
      name,
      versions: (Array.isArray(versions) ? versions : []).flatMap((each) =>
        isObject(each) && typeof each['version'] === 'string' ? [each['version']] : [],
      ),
    }))
    .toSorted(orderedBy((one) => one.name))
}

async function download(
  address: string,
  credentials: RepositoryCredentials | undefined,
  transports: Transports,
): Promise<string> {
  if (!/^https?:/.test(address)) throw new Error(`${address}: only http and https addresses are read`)
  const { username, password } = credentials ?? {}
  const response = await request(address, {
    dispatcher: transports.to(address, credentials, true),
    signal: AbortSignal.timeout(deadline),
    headers:
      username || password
        ? { authorization: `Basic ${Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')}` }
        : {},
  })
  if (response.statusCode !== 200) {
    await response.body.dump()
    const status = `${response.statusCode} ${STATUS_CODES[response.statusCode] ?? ''}`.trim()
    throw new Error(`error loading repo index: failed to get index: ${status}`)
  }
  const parts: Buffer[] = []
  let length = 0
  for await (const part of response.body as AsyncIterable<Buffer>) {
    length += part.length
    if (length > mostBytes) throw new Error(`${address}: the index has more than ${mostBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}
