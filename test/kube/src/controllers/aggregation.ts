import { jsonEqual } from '@flotilla/shared/lang/json'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOfObject } from '../machinery/cache.ts'
import type { Controller } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { refTo } from '../machinery/writes.ts'
import { selects, type LabelSelector } from '@flotilla/shared/k8s/label-selector'
import { orderedBy } from '@flotilla/shared/lang/order'

interface ClusterRole extends KubeObject {
  rules?: unknown[] | null
  aggregationRule?: { clusterRoleSelectors?: LabelSelector[] }
}

/** Fills aggregated ClusterRoles with the rules of those that their selectors pick. */
export const aggregationController: Controller = {
  name: 'clusterrole-aggregation',
  resource: resources.clusterRoles,
  watches: [
    {
      resource: resources.clusterRoles,
      wakes: (_, world) =>
        world
          .of(resources.clusterRoles)
          .list()
          .filter((role) => role['aggregationRule'] !== undefined)
          .map(keyOfObject),
    },
  ],
  reconcile(object, world) {
    const role = object as ClusterRole
    if (!role.aggregationRule || role.metadata.deletionTimestamp !== undefined) return { writes: [] }
    const others = (world.of(resources.clusterRoles).list() as ClusterRole[]).toSorted(
      orderedBy(({ metadata }) => metadata.name ?? ''),
    )
    const rules: unknown[] = []
    for (const selector of role.aggregationRule.clusterRoleSelectors ?? []) {
      for (const other of others) {
        if (other.metadata.uid === role.metadata.uid || !selects(selector, other.metadata.labels)) continue
        for (const rule of other.rules ?? []) if (!rules.some((held) => jsonEqual(held, rule))) rules.push(rule)
      }
    }
    if (jsonEqual(rules, role.rules ?? [])) return { writes: [] }
    const { apiVersion, kind, metadata } = role
    const applied = { apiVersion, kind, metadata: { name: metadata.name ?? '' }, rules }
    return {
      writes: [
        {
          verb: 'apply',
          ref: refTo(resources.clusterRoles, role),
          object: applied,
          manager: 'clusterrole-aggregation-controller',
        },
      ],
    }
  },
}
