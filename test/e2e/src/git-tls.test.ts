import type { RepositoryCredentials } from '@flotilla/hub/git/credentials'
import { createRepositories } from '@flotilla/hub/git/repositories'
import { createTransports, type TransportOptions } from '@flotilla/hub/git/transport'
import { realClock } from '@flotilla/shared/runtime/clock'
import { startGitServer, type GitServer } from '@flotilla/test-devenv/git-server'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, expect, it } from 'vitest'

const host = '127.0.0.1'
let root: string
let open: GitServer
let closed: GitServer
let authority: { cert: string; private: string }
let client: { cert: string; private: string }
let url: string
let closedUrl: string

async function certificate(name: string, ca?: { key: string; cert: string }) {
  const altNames = [
    { type: 7 as const, ip: host },
    { type: 2 as const, value: 'git.example.com' },
  ]
  const extensions = ca
    ? [{ name: 'subjectAltName' as const, altNames }]
    : [{ name: 'basicConstraints' as const, cA: true, critical: true }]
  return generate([{ name: 'commonName', value: name }], { keySize: 2048, extensions, ...(ca ? { ca } : {}) })
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'flotilla-git-tls-'))
  authority = await certificate('the CA of a company')
  const ca = { key: authority.private, cert: authority.cert }
  const server = await certificate('git.example.com', ca)
  client = await certificate('hub', ca)
  const tls = { cert: server.cert, key: server.private }
  open = await startGitServer({ root: join(root, 'open'), tls })
  closed = await startGitServer({ root: join(root, 'closed'), tls: { ...tls, ca: authority.cert } })
  url = await open.create('app', { 'a.yaml': 'one' })
  closedUrl = await closed.create('app', { 'a.yaml': 'two' })
})
afterAll(async () => {
  await open.close()
  await closed.close()
  await rm(root, { recursive: true, force: true })
})

async function read(
  from: string,
  options: TransportOptions = {},
  more: Partial<RepositoryCredentials> = {},
): Promise<string> {
  const dir = await mkdtemp(join(root, 'mirrors-'))
  const transports = createTransports(options)
  const credentials: RepositoryCredentials = { url: from, type: 'git', insecure: false, enableOCI: false, ...more }
  const made = createRepositories({ dir, clock: realClock, pollMs: 0, transports, credentials: () => credentials })
  try {
    const { files } = await made.readTree(from, await made.resolve(from, 'HEAD'), '.')
    return Buffer.from(files[0]?.bytes ?? []).toString()
  } finally {
    await made.close()
    await transports.close()
  }
}

const trusted: TransportOptions = { certificates: (name) => (name === host ? authority.cert : undefined) }

it('refuses a server that nobody vouches for', async () => {
  await expect(read(url)).rejects.toThrow(/certificate/)
})

it('takes the certificates that are stored for the host, and for no other host', async () => {
  expect(await read(url, trusted)).toBe('one')
  await expect(read(url, { certificates: (name) => (name === 'other' ? authority.cert : undefined) })).rejects.toThrow()
})

it('trusts a server blindly where its repository says so', async () => {
  expect(await read(url, {}, { insecure: true })).toBe('one')
})

it('shows the certificate of a repository to a server that asks for one', async () => {
  await expect(read(closedUrl, trusted)).rejects.toThrow()
  const mine = { tlsClientCertData: client.cert, tlsClientCertKey: client.private }
  expect(await read(closedUrl, trusted, mine)).toBe('two')
})

it("goes through a repository's proxy, or that of the environment, but for what is to be reached directly", async () => {
  const seen: string[] = []
  const { port } = new URL(url)
  const proxy = await startProxy(seen, Number(port))
  try {
    const named = url.replace(host, 'git.example.com')
    const options: TransportOptions = { certificates: () => authority.cert }
    expect(await read(named, options, { proxy: proxy.url })).toBe('one')
    expect(seen).toContain(`git.example.com:${port}`)
    seen.length = 0
    expect(await read(named, { ...options, env: { https_proxy: proxy.url } })).toBe('one')
    expect(seen).toContain(`git.example.com:${port}`)
    seen.length = 0
    const direct = { env: { HTTPS_PROXY: proxy.url }, ...options }
    expect(await read(url, direct)).toBe('one')
    await expect(read(named, options, { proxy: proxy.url, noProxy: 'example.com' })).rejects.toThrow()
    expect(seen).toEqual([])
  } finally {
    await proxy.close()
  }
})

/** A proxy that takes every name for one port of this machine. */
async function startProxy(seen: string[], target: number): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer()
  server.on('connect', (request, socket) => {
    seen.push(request.url ?? '')
    const upstream = connect(target, host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(socket).pipe(upstream)
    })
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
