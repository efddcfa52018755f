import type { FastifyInstance } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import { serve } from './declared.ts'
import { immutableAdvice } from '@flotilla/shared/engine/immutable-advice'
import { applicationOf } from './application-access.ts'
import { type ApiContext } from './context.ts'

/**
 * Ours: what an application waits for, since when, and when it is tried again, in words; nothing where it does not. Beside
 * it, what to do about objects that were refused because a field of theirs cannot change.
 */
export function addWaitingRoute(app: FastifyInstance, context: ApiContext): void {
  serve(app, routes.applicationWaiting, async (request) => {
    const { app: found } = await applicationOf(context, request)
    const { namespace = '', name = '' } = found.metadata
    const waits = context.controller.reportOf(`${namespace}/${name}`)?.waits
    const advice = immutableAdvice(found.status?.operationState)
    return { ...(waits && { waiting: waits }), ...(advice.length > 0 && { advice }) }
  })
}
