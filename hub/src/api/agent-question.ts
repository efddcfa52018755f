import type { Application } from '@flotilla/shared/argo/application'
import { noSuchAction } from '@flotilla/shared/engine/actions/actions'
import type { Query } from '@flotilla/shared/protocol/query'
import { FleetError } from '../fleet/ports.ts'
import type { ApiContext } from './context.ts'
import { ApiError, code } from './errors.ts'

/** How agents and the controller name an application. */
export function nameOf(found: Application): string {
  return `${found.metadata.namespace ?? ''}/${found.metadata.name ?? ''}`
}

/** Asks the agent of an application's cluster; its refusals are told in Argo CD's words. */
export async function askAgent(context: ApiContext, found: Application, query: Query): Promise<unknown> {
  const cluster = context.controller.clusterOf(nameOf(found))
  if (cluster === undefined) {
    throw new ApiError(code.failedPrecondition, `application ${found.metadata.name ?? ''} has no cluster it goes to`)
  }
  try {
    return await context.fleet.query(cluster, query)
  } catch (error) {
    if (error instanceof FleetError && query.type === 'run-action' && error.message === noSuchAction) {
      throw new ApiError(code.unknown, `error getting Lua resource action: ${error.message}`, { cause: error })
    }
    if (!(error instanceof FleetError) || error.code !== 'not-found') throw error
    throw new ApiError(code.invalidArgument, error.message, { cause: error })
  }
}
