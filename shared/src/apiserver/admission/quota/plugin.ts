import type { KubeObject } from '../../../k8s/object.ts'
import { resourceName } from '../../resource.ts'
import { StatusError } from '../../status-error.ts'
import type { Admission } from '../../hooks.ts'
import { fieldsOf } from '../../validation/values.ts'
import { writeAmounts, type Amounts } from '../amounts.ts'
import type { AdmissionPlugin, AdmissionWorld } from '../plugin.ts'
import { listOf } from '../reads.ts'
import { refuse } from '../refusal.ts'
import { checkQuota } from './check.ts'
import { evaluatorOf, type Evaluator } from './evaluator.ts'

/** Refuses what would exceed a quota of the namespace, and charges what does not. */
export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  async validate(request, world) {
    const { object, namespace, operation, subresource, oldObject } = request
    if (!object || namespace === '' || request.resource.plural === 'namespaces') return
    const evaluator = evaluatorOf(resourceName(request.resource))
    if (!evaluator?.concerns(operation, subresource, object, oldObject)) return
    let names: ReadonlySet<string> | undefined
    // Charging is a compare-and-swap: who comes second looks again at what is left.
    for (let attempt = 0; ; attempt += 1) {
      const failed = await attemptCharge(request, world, evaluator, object, names)
      if (failed.size === 0) return
      if (attempt === 20) throw [...failed.values()][0] as StatusError
      names = new Set(failed.keys())
    }
  },
}

/** Checks all quotas (or those named), then charges them; answers those that changed meanwhile, with their conflicts. */
async function attemptCharge(
  request: Admission,
  world: AdmissionWorld,
  evaluator: Evaluator,
  next: KubeObject,
  only: ReadonlySet<string> | undefined,
): Promise<ReadonlyMap<string, StatusError>> {
  const { operation, subresource, oldObject: previous } = request
  const charge = { operation, subresource, next, previous, now: world.clock.now() }
  const quotas = await listOf(world, 'resourcequotas', request.namespace)
  const changes: { readonly quota: KubeObject; readonly used: Amounts }[] = []
  for (const quota of quotas) {
    if (only && !only.has(quota.metadata.name ?? '')) continue
    const { refusal, used } = checkQuota(quota, evaluator, charge)
    if (refusal !== undefined) throw refuse(request, refusal)
    if (used) changes.push({ quota, used })
  }
  const failed = new Map<string, StatusError>()
  if (request.dryRun) return failed
  for (const { quota, used } of changes) {
    try {
      await writeUsed(world, quota, used)
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 409) throw error
      failed.set(quota.metadata.name ?? '', error)
    }
  }
  return failed
}

async function writeUsed(world: AdmissionWorld, quota: KubeObject, used: Amounts): Promise<void> {
  const { name = '', namespace = '' } = quota.metadata
  const status = { ...fieldsOf(quota['status']), used: writeAmounts(used) }
  await world.objects.update(
    { group: '', version: 'v1', resource: 'resourcequotas', namespace, name },
    { ...quota, status },
    { subresource: 'status', fieldManager: 'kube-apiserver' },
  )
}
