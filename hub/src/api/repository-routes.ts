import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { label } from '@flotilla/shared/argo/annotations'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { secretText } from '../applications/clusters.ts'
import { allowed, bodyOf, enforce, identify, param, queryBool, queryOf, type ApiContext } from './context.ts'
import { ApiError, code, permissionDenied } from './errors.ts'
import { listToWire } from './wire.ts'

const shown = ['name', 'type', 'project', 'username'] as const
const kept = ['url', ...shown, 'password', 'bearerToken', 'insecure', 'proxy'] as const

/** Repositories and the credentials to read them: Secrets, as Argo CD keeps them. */
export function addRepositoryRoutes(app: FastifyInstance, context: ApiContext): void {
  const { objects } = context
  const kind = { ...resources.secrets, namespace: controlNamespace }
  const list = async (): Promise<readonly KubeObject[]> =>
    (await objects.list(kind, { labelSelector: `${label.secretType}=repository` })).items
  const named = async (url: string): Promise<KubeObject> => {
    const found = (await list()).find((secret) => secretText(secret, 'url') === url)
    if (!found) throw permissionDenied()
    return found
  }
  const state = async (url: string): Promise<object> => {
    const attemptedAt = new Date(context.clock.now()).toISOString()
    try {
      await context.repositories.test(url)
      return { status: 'Successful', message: '', attemptedAt }
    } catch (error) {
      return { status: 'Failed', message: error instanceof Error ? error.message : String(error), attemptedAt }
    }
  }
  const show = async (secret: KubeObject, connection: boolean): Promise<object> => {
    const repo = secretText(secret, 'url') ?? ''
    const fields = shown.flatMap((key) => {
      const value = secretText(secret, key)
      return value ? [[key, value]] : []
    })
    return { repo, ...Object.fromEntries(fields), ...(connection ? { connectionState: await state(repo) } : {}) }
  }

  app.get('/api/v1/repositories', async (request) => {
    const who = await identify(context, request)
    const wanted = queryOf(request, 'repo')
    const found = (await list()).filter((secret) => {
      const url = secretText(secret, 'url') ?? ''
      return (!wanted || url === wanted) && allowed(context, who, 'repositories', 'get', url)
    })
    return listToWire(await Promise.all(found.map((secret) => show(secret, true))))
  })
  app.post('/api/v1/repositories', async (request) => {
    const who = await identify(context, request)
    const body = bodyOf<Record<string, string>>(request)
    const url = body['repo'] ?? ''
    enforce(context, who, 'repositories', 'create', body['project'] ? `${body['project']}/${url}` : url)
    const texts = Object.fromEntries(kept.flatMap((key) => (body[key] ? [[key, String(body[key])]] : [])))
    const data = encode({ type: 'git', ...texts, url })
    const existing = (await list()).find((secret) => secretText(secret, 'url') === url)
    if (existing) {
      const differs = kept.filter(
        (key) =>
          (secretText(existing, key) ?? '') !== (key === 'url' ? url : (texts[key] ?? (key === 'type' ? 'git' : ''))),
      )
      if (differs.length === 0) return show(existing, false)
      if (!queryBool(request, 'upsert')) {
        const keys = differs.map((key) => key.charAt(0).toUpperCase() + key.slice(1)).join(',')
        const message = `existing repository spec is different; use upsert flag to force update; difference in keys "${keys}"`
        throw new ApiError(code.invalidArgument, message)
      }
    }
    const name = existing?.metadata.name ?? `repo-${createHash('sha256').update(url).digest('hex').slice(0, 10)}`
    const labels = { [label.secretType]: 'repository' }
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: controlNamespace, labels },
      type: 'Opaque',
      data,
    }
    const ref = refOf(resources.secrets, controlNamespace, name)
    const written = existing ? await objects.update(ref, { ...existing, data }) : await objects.create(kind, secret)
    // Tried with the credentials as they are kept: those that do not work are not.
    const result = (await state(url)) as { status: string; message: string }
    if (result.status !== 'Successful') {
      if (!existing) await objects.delete(ref)
      else await objects.update(ref, existing)
      throw new ApiError(code.unknown, `error testing repository connectivity: ${result.message}`)
    }
    const answer = (await show(written, false)) as Record<string, unknown>
    const { username: _username, type: _type, ...rest } = answer
    return rest
  })
  app.get('/api/v1/repositories/:repo', async (request) => {
    const who = await identify(context, request)
    const url = param(request, 'repo')
    const secret = await named(url)
    enforce(context, who, 'repositories', 'get', url)
    return show(secret, true)
  })
  app.delete('/api/v1/repositories/:repo', async (request) => {
    const who = await identify(context, request)
    const url = param(request, 'repo')
    const secret = await named(url)
    enforce(context, who, 'repositories', 'delete', url)
    await objects.delete(refOf(resources.secrets, controlNamespace, secret.metadata.name ?? ''))
    return {}
  })
  app.get('/api/v1/repositories/:repo/refs', async (request) => {
    const who = await identify(context, request)
    const url = param(request, 'repo')
    enforce(context, who, 'repositories', 'get', url)
    const names = [...(await context.repositories.refresh(url)).refs.keys()]
    const under = (prefix: string): string[] =>
      names.flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []))
    return { branches: under('refs/heads/'), tags: under('refs/tags/') }
  })
  app.post('/api/v1/repositories/:repo/appdetails', async (request) => {
    await identify(context, request)
    const { source } = bodyOf<{ source: { repoURL: string; targetRevision?: string; path?: string } }>(request)
    const url = source?.repoURL ?? param(request, 'repo')
    return { type: await context.renderer.detect(url, source?.targetRevision ?? 'HEAD', source?.path ?? '.') }
  })
}

function encode(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]))
}
