import type { KubeObject } from '../../k8s/object.ts'
import { badRequest } from '../errors.ts'
import type { VirtualRequest } from '../hooks.ts'
import { StatusError } from '../status-error.ts'
import { fieldsOf, listOf, textOf, type Fields } from '../validation/values.ts'
import { ofToken, type TokenAuthenticator } from './authenticator.ts'
import { userInfo } from './reviews.ts'
import type { ServiceAccountTokens } from './service-account-tokens.ts'

/** Answers a TokenReview: whose token it is, and for whom it is good. */
export async function reviewToken(
  { body }: VirtualRequest,
  tokens: ServiceAccountTokens,
  known: readonly TokenAuthenticator[],
): Promise<KubeObject> {
  const spec = fieldsOf(body['spec'])
  const token = textOf(spec['token'])
  if (token === '') throw badRequest('token is required for TokenReview in authentication')
  const given = listOf(spec['audiences']).map(textOf)
  const audiences = given.length === 0 ? tokens.audiences : given
  return { ...body, status: await statusOf(token, audiences, tokens, known) }
}

async function statusOf(
  token: string,
  audiences: readonly string[],
  tokens: ServiceAccountTokens,
  known: readonly TokenAuthenticator[],
): Promise<Fields> {
  try {
    const own = await tokens.verify(token, audiences)
    const actor = own
      ? await ofToken(token, [() => own.actor])
      : // Who else may know it speaks for the API alone.
        audiences.some((audience) => tokens.audiences.includes(audience))
        ? await ofToken(token, known)
        : undefined
    if (!actor) return { user: {} }
    const good = own?.audiences ?? audiences.filter((audience) => tokens.audiences.includes(audience))
    return { authenticated: true, user: userInfo(actor), audiences: good }
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 401) throw error
    return { user: {}, error: typeof error.cause === 'string' ? error.cause : 'invalid bearer token' }
  }
}
