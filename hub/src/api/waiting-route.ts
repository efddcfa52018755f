import type { FastifyInstance } from 'fastify'
import { immutableAdvice } from '@flotilla/shared/engine/immutable-advice'
import { applicationOf } from './application-access.ts'
import { param, type ApiContext } from './context.ts'

/**
 * Ours: what an application waits for, since when, and when it is tried again, in words; nothing where it does not. Beside
 * it, what to do about objects that were refused because a field of theirs cannot change.
 */
export function addWaitingRoute(app: FastifyInstance, context: ApiContext): void {
  app.get('/api/v1/applications/:name/waiting', async (request) => {
    const { app: found } = await applicationOf(context, request, param(request, 'name'), 'get')
    const { namespace = '', name = '' } = found.metadata
    const waits = context.controller.reportOf(`${namespace}/${name}`)?.waits
    const advice = immutableAdvice(found.status?.operationState)
    return { ...(waits && { waiting: waits }), ...(advice.length > 0 && { advice }) }
  })
}
