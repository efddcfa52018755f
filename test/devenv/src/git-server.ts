import { execFile, spawn } from 'node:child_process'
import { createHash, timingSafeEqual } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface GitServer {
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  readonly url: string
  /** Requests answered so far, for tests that count them. */
  readonly requests: readonly string[]
  /** Makes a bare repository of that name with one commit of `files`; answers its URL. */
  create(name: string, files: Readonly<Record<string, string>>): Promise<string>
  /** Commits on a branch; `null` deletes a file. Answers the commit. */
  commit(
    name: string,
    files: Readonly<Record<string, string | null>>,
    message?: string,
    branch?: string,
  ): Promise<string>
  /** Serves a copy of a repository on disk, objects shared; answers its URL. */
  adopt(name: string, repository: string): Promise<string>
  /** Where the bare repository is on disk. */
  path(name: string): string
  /** While set, every request is answered 503. */
  down: boolean
  close(): Promise<void>
}

export interface GitServerOptions {
  /** Folder of the bare repositories. */
  readonly root: string
  readonly host?: string
  readonly port?: number
  /** Repositories whose name begins with `private-` ask for it. */
  readonly credentials?: { readonly username: string; readonly password: string }
  /** Told after each push, with the repository's name. */
  readonly pushed?: (name: string) => void
  /** Serves over TLS; with `ca`, only who shows a certificate of it. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string }
}

const identity = {
  GIT_AUTHOR_NAME: 'Flotilla',
  GIT_AUTHOR_EMAIL: 'flotilla@example.com',
  GIT_COMMITTER_NAME: 'Flotilla',
  GIT_COMMITTER_EMAIL: 'flotilla@example.com',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
}

/** A real Git server: `git http-backend` behind a small HTTP server on loopback. */
export async function startGitServer(options: GitServerOptions): Promise<GitServer> {
  const backend = join((await run('git', ['--exec-path'])).stdout.trim(), 'git-http-backend')
  const requests: string[] = []
  const path = (name: string): string => join(options.root, `${name}.git`)
  const state = { down: false }

  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(`${request.method} ${request.url}`)
    if (state.down) return void response.writeHead(503).end('down for a test\n')
    if (!permitted(request, options.credentials)) {
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
    }
    const push = /^\/([^/]+)\.git\/git-receive-pack$/.exec(request.url ?? '')?.[1]
    if (push !== undefined) response.once('finish', () => options.pushed?.(push))
    serve(backend, options.root, request, response)
  }
  const { tls } = options
  const server = tls
    ? createSecureServer({ ...tls, ...(tls.ca ? { requestCert: true, rejectUnauthorized: true } : {}) }, listener)
    : createServer(listener)
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `${tls ? 'https' : 'http'}://${options.host ?? '127.0.0.1'}:${port}`

  const git = async (cwd: string, ...args: string[]): Promise<string> =>
    (
      await run('git', args, { cwd, env: { PATH: process.env['PATH'] ?? '', HOME: options.root, ...identity } })
    ).stdout.trim()

  async function commit(
    name: string,
    files: Readonly<Record<string, string | null>>,
    message = 'Change files',
    branch = 'main',
  ): Promise<string> {
    const work = join(options.root, `.work-${name}`)
    await git(work, 'checkout', '-q', '-B', branch)
    for (const [file, text] of Object.entries(files)) {
      if (text === null) {
        await git(work, 'rm', '-q', '-r', '--', file)
        continue
      }
      mkdirSync(dirname(join(work, file)), { recursive: true })
      writeFileSync(join(work, file), text)
      await git(work, 'add', '--', file)
    }
    await git(work, 'commit', '-q', '--allow-empty', '-m', message)
    await git(work, 'push', '-q', 'origin', branch)
    options.pushed?.(name)
    return git(work, 'rev-parse', 'HEAD')
  }

  return {
    url,
    requests,
    path,
    commit,
    async create(name, files) {
      mkdirSync(options.root, { recursive: true })
      await git(options.root, 'init', '-q', '--bare', '-b', 'main', path(name))
      await git(path(name), 'config', 'http.receivepack', 'true')
      await git(path(name), 'config', 'uploadpack.allowAnySHA1InWant', 'true')
      await git(options.root, 'init', '-q', '-b', 'main', join(options.root, `.work-${name}`))
      await git(join(options.root, `.work-${name}`), 'remote', 'add', 'origin', path(name))
      await commit(name, files, 'First commit')
      return `${url}/${name}.git`
    },
    async adopt(name, repository) {
      mkdirSync(options.root, { recursive: true })
      await git(options.root, 'clone', '-q', '--bare', '--shared', repository, path(name))
      return `${url}/${name}.git`
    },
    get down() {
      return state.down
    },
    set down(value: boolean) {
      state.down = value
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function permitted(request: IncomingMessage, credentials: GitServerOptions['credentials']): boolean {
  if (!credentials || !(request.url ?? '').startsWith('/private-')) return true
  const wanted = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(wanted))
}

/** Speaks CGI with `git http-backend`. */
function serve(backend: string, root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const child = spawn(backend, [], {
    env: {
      PATH: process.env['PATH'] ?? '',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      REMOTE_USER: 'local',
      REMOTE_ADDR: '127.0.0.1',
      ...(request.headers['content-encoding'] ? { HTTP_CONTENT_ENCODING: request.headers['content-encoding'] } : {}),
      ...(request.headers['git-protocol'] ? { GIT_PROTOCOL: String(request.headers['git-protocol']) } : {}),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  request.pipe(child.stdin)
  child.stdin.on('error', () => child.kill())
  response.on('close', () => child.kill())
  let head: Buffer = Buffer.alloc(0)
  let headed = false
  child.stdout.on('data', (chunk: Buffer) => {
    if (headed) return void response.write(chunk)
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    headed = true
    let status = 200
    const headers: Record<string, string> = {}
    for (const line of head.subarray(0, end).toString().split('\r\n')) {
      const at = line.indexOf(':')
      const name = line.slice(0, at).toLowerCase()
      if (name === 'status') status = Number.parseInt(line.slice(at + 1), 10)
      else headers[name] = line.slice(at + 1).trim()
    }
    response.writeHead(status, headers)
    response.write(head.subarray(end + 4))
  })
  child.stdout.on('end', () => response.end())
  child.on('error', () => response.writeHead(500).end())
}
