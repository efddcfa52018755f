import type { FastifyInstance, FastifyRequest } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import { readConfigMap } from '../repositories/config-map.ts'
import { identify, type ApiContext } from './context.ts'
import { serve } from './declared.ts'

/** What argocd-notifications-cm configures, by name. */
export function addNotificationRoutes(app: FastifyInstance, context: ApiContext): void {
  const named = async (request: FastifyRequest, prefix: string): Promise<object> => {
    await identify(context, request)
    const keys = Object.keys(await readConfigMap(context.objects, 'argocd-notifications-cm'))
    const names = keys.flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []))
    return names.length > 0 ? { items: names.toSorted().map((name) => ({ name })) } : {}
  }
  serve(app, routes.notificationServices, (request) => named(request, 'service.'))
  serve(app, routes.notificationTriggers, (request) => named(request, 'trigger.'))
  serve(app, routes.notificationTemplates, (request) => named(request, 'template.'))
}
