import type { FastifyInstance } from 'fastify'
import { goRegexp } from '@flotilla/shared/lang/go-regexp'
import { routes } from '@flotilla/shared/api/routes'
import { serve } from './declared.ts'
import { accountNames, type Account } from '../auth/accounts.ts'
import { controlNamespace } from '@flotilla/shared/argo/resources'
import { allowed, bodyOf, enforce, identify, param, permit, tokenOf, type ApiContext } from './context.ts'
import { ApiError, code } from './errors.ts'

const rbacResources = [
  'clusters', 'projects', 'applications', 'applicationsets', 'repositories', 'write-repositories', 'certificates',
  'accounts', 'gpgkeys', 'logs', 'exec', 'extensions',
] // prettier-ignore

/** Sessions, version, settings, accounts. */
export function addSessionRoutes(app: FastifyInstance, context: ApiContext): void {
  const { sessions, settings } = context
  const known = async (request: Parameters<typeof tokenOf>[0]): Promise<{ username: string } | undefined> => {
    const token = tokenOf(request)
    return token ? sessions.verify(token) : undefined
  }

  serve(app, routes.login, async (request, reply) => {
    const { username = '', password = '' } = bodyOf<{ username: string; password: string }>(request)
    const token = await sessions.login(username, password)
    const secure = request.protocol === 'https' ? '; Secure' : ''
    void reply.header('set-cookie', `argocd.token=${token}; path=/; SameSite=lax; httpOnly${secure}`)
    return { token }
  })
  serve(app, routes.logout, () => ({}))
  serve(app, routes.userinfo, async (request) => {
    const who = await known(request)
    return who ? { loggedIn: true, username: who.username, iss: 'argocd' } : {}
  })
  app.route({
    method: ['GET', 'POST'],
    url: '/auth/logout',
    handler: (_request, reply) =>
      reply
        .header('set-cookie', 'argocd.token=; path=/; SameSite=lax; httpOnly; Max-Age=0')
        .redirect(settings.current().cm['url'] || '/', 303),
  })

  serve(app, routes.version, async (request) => {
    const version = { Version: context.version }
    if (!(await known(request))) return version
    return { ...version, Compiler: 'node', GoVersion: process.version, Platform: `${process.platform}/${process.arch}` }
  })

  serve(app, routes.settings, async (request) => {
    const { cm, instanceLabelKey, trackingMethod, installationId } = settings.current()
    const signedIn = await known(request)
    return {
      ...(cm['url'] ? { url: cm['url'] } : {}),
      appLabelKey: instanceLabelKey,
      trackingMethod,
      ...(installationId ? { installationID: installationId } : {}),
      ...(cm['statusbadge.enabled'] === 'true' ? { statusBadgeEnabled: true } : {}),
      help: {},
      googleAnalytics: {},
      kustomizeOptions: {},
      resourceOverrides: {},
      ...(cm['admin.enabled'] === 'false' && accountNames(cm).length === 1 ? { userLoginsDisabled: true } : {}),
      ...(cm['exec.enabled'] === 'true' ? { execEnabled: true } : {}),
      ...(signedIn
        ? { controllerNamespace: controlNamespace, passwordPattern: cm['passwordPattern'] || '^.{8,32}$' }
        : {}),
    }
  })
  serve(app, routes.plugins, () => ({}))

  const show = (account: Account): object => ({
    name: account.name,
    enabled: account.enabled,
    capabilities: account.capabilities,
    ...(account.tokens.length > 0
      ? {
          tokens: account.tokens.map(({ id, iat, exp }) => ({
            id,
            issuedAt: iat,
            ...(exp ? { expiresAt: exp } : {}),
          })),
        }
      : {}),
  })
  const accountNamed = async (name: string): Promise<Account> => {
    const account = await sessions.account(name)
    if (!account) throw new ApiError(code.notFound, `account '${name}' does not exist`)
    return account
  }

  serve(app, routes.accounts, async (request) => {
    const who = await identify(context, request)
    const found = await Promise.all(accountNames(settings.current().cm).map((name) => sessions.account(name)))
    const items = found.flatMap((each) =>
      each && (each.name === who.username || allowed(context, who, 'accounts', 'get', each.name)) ? [show(each)] : [],
    )
    return items.length > 0 ? { items } : {}
  })
  serve(app, routes.canI, async (request) => {
    const who = await identify(context, request)
    const resource = param(request, 'resource')
    if (!rbacResources.includes(resource)) {
      throw new ApiError(code.invalidArgument, `[${rbacResources.join(' ')}] does not contain ${resource}`)
    }
    return { value: allowed(context, who, resource, param(request, 'action'), param(request, '*')) ? 'yes' : 'no' }
  })
  serve(app, routes.account, async (request) => {
    const who = await identify(context, request)
    const name = param(request, 'name')
    if (name !== who.username) enforce(context, who, 'accounts', 'get', name)
    return show(await accountNamed(name))
  })
  serve(app, routes.password, async (request) => {
    const who = await identify(context, request)
    const body = bodyOf<{ name: string; currentPassword: string; newPassword: string }>(request)
    const name = body.name || who.username
    if (name !== who.username) enforce(context, who, 'accounts', 'update', name)
    const own = await accountNamed(who.username)
    if (!(await sessions.passwordMatches(own, body.currentPassword ?? ''))) {
      throw new ApiError(code.invalidArgument, 'current password does not match')
    }
    const pattern = settings.current().cm['passwordPattern'] || '^.{8,32}$'
    if (!goRegexp(pattern).test(body.newPassword ?? '')) {
      throw new ApiError(code.unknown, `new password does not match the following expression: ${pattern}`)
    }
    await accountNamed(name)
    await sessions.setPassword(name, body.newPassword ?? '')
    return {}
  })
  serve(app, routes.createToken, async (request) => {
    const who = await identify(context, request)
    const name = param(request, 'name')
    permit(context, request, who, name)
    const account = await accountNamed(name)
    const body = bodyOf<{ id: string; expiresIn: number }>(request)
    const failed = (why: string): ApiError =>
      new ApiError(code.unknown, `failed to update account with new token: ${why}`)
    if (!account.capabilities.includes('apiKey')) throw failed(`account '${name}' does not have apiKey capability`)
    const id = body.id || context.random.uuid()
    if (account.tokens.some((each) => each.id === id)) throw failed(`account already has token with id '${id}'`)
    const seconds = Number(body.expiresIn ?? 0)
    const iat = Math.floor(context.clock.now() / 1000)
    const tokens = [...account.tokens, { id, iat, ...(seconds > 0 ? { exp: iat + seconds } : {}) }]
    await sessions.write({ [`${name === 'admin' ? 'admin' : `accounts.${name}`}.tokens`]: JSON.stringify(tokens) })
    return { token: await sessions.issue(`${name}:apiKey`, seconds > 0 ? seconds : undefined, id) }
  })
  serve(app, routes.deleteToken, async (request) => {
    const who = await identify(context, request)
    const name = param(request, 'name')
    permit(context, request, who, name)
    const account = await accountNamed(name)
    const id = param(request, 'id')
    const tokens = account.tokens.filter((each) => each.id !== id)
    if (tokens.length === account.tokens.length) {
      throw new ApiError(code.notFound, `token with id '${id}' does not exist`)
    }
    await sessions.write({ [`${name === 'admin' ? 'admin' : `accounts.${name}`}.tokens`]: JSON.stringify(tokens) })
    return {}
  })
}
