import type { KubeObject } from '../../k8s/object.ts'
import type { Admission } from '../hooks.ts'
import { resourceName } from '../resource.ts'
import { amountsOf, type Amounts } from './amounts.ts'
import { childOf, fieldsOf, listOf, sameValue, textOf, type Fields } from '../validation/values.ts'
import type { AdmissionPlugin, AdmissionWorld } from './plugin.ts'
import { find } from './reads.ts'
import { refuse } from './refusal.ts'

/** Gives pods what their runtime class costs and where it is at home. */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  resources: ['pods'],
  async admit(request, world) {
    if (!isNewPod(request)) return
    const spec = childOf(request.object ?? {}, 'spec')
    const found = await classOf(request, spec, world)
    if (!found) return
    const fixed = fieldsOf(found['overhead'])['podFixed']
    if (fixed !== undefined) {
      if (spec['overhead'] !== undefined && !sameAmounts(amountsOf(spec['overhead']), amountsOf(fixed)))
        throw refuse(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
      spec['overhead'] = structuredClone(fixed)
    }
    setScheduling(request, spec, fieldsOf(found['scheduling']))
  },
  async validate(request, world) {
    if (!isNewPod(request)) return
    const spec = fieldsOf(request.object?.['spec'])
    const fixed = fieldsOf((await classOf(request, spec, world))?.['overhead'])['podFixed']
    if (fixed === undefined) {
      if (spec['overhead'] !== undefined)
        throw refuse(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
    } else if (!sameAmounts(amountsOf(spec['overhead']), amountsOf(fixed)))
      throw refuse(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
  },
}

function isNewPod({ object, operation, subresource, resource }: Admission): boolean {
  return (
    object !== undefined && operation === 'CREATE' && subresource === undefined && resourceName(resource) === 'pods'
  )
}

async function classOf(request: Admission, spec: Fields, world: AdmissionWorld): Promise<KubeObject | undefined> {
  const name = textOf(spec['runtimeClassName'])
  if (name === '') return undefined
  const found = await find(world, 'runtimeclasses.node.k8s.io', '', name)
  if (!found) throw refuse(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
  return found
}

function sameAmounts(a: Amounts, b: Amounts): boolean {
  return a.size === b.size && [...a].every(([name, quantity]) => b.get(name)?.nano === quantity.nano)
}

function setScheduling(request: Admission, spec: Fields, scheduling: Fields): void {
  const wanted = fieldsOf(scheduling['nodeSelector'])
  if (Object.keys(wanted).length > 0) {
    const selector = fieldsOf(spec['nodeSelector'])
    for (const [key, value] of Object.entries(wanted)) {
      if (selector[key] !== undefined && selector[key] !== value)
        throw refuse(
          request,
          `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${textOf(value)}; pod.spec.nodeSelector[${key}] = ${textOf(selector[key])}`,
        )
    }
    spec['nodeSelector'] = { ...selector, ...wanted }
  }
  const tolerations = [...listOf(spec['tolerations'])]
  for (const toleration of listOf(scheduling['tolerations']))
    if (!tolerations.some((other) => sameValue(other, toleration))) tolerations.push(toleration)
  if (tolerations.length > 0) spec['tolerations'] = tolerations
}
