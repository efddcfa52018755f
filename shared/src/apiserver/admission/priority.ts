import type { KubeObject } from '../../k8s/object.ts'
import type { Admission } from '../hooks.ts'
import { resourceName } from '../resource.ts'
import { childOf, fieldsOf, numberOf, textOf } from '../validation/values.ts'
import type { AdmissionPlugin, AdmissionWorld } from './plugin.ts'
import { find, listOf } from './reads.ts'
import { refuse } from './refusal.ts'

const classes = 'priorityclasses.scheduling.k8s.io'

/** Gives pods the number of their priority class, and lets only one class be the default. */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  resources: ['pods', classes],
  async admit(request, world) {
    const { object, operation, oldObject, subresource } = request
    if (!object || subresource !== undefined || resourceName(request.resource) !== 'pods') return
    const spec = childOf(object, 'spec')
    if (operation === 'CREATE') return resolve(request, spec, world)
    if (operation !== 'UPDATE') return
    const old = fieldsOf(oldObject?.['spec'])
    for (const name of ['priority', 'preemptionPolicy']) if (old[name] !== undefined) spec[name] ??= old[name]
  },
  async validate(request, world) {
    const { object, operation } = request
    if (!object || resourceName(request.resource) !== classes || object['globalDefault'] !== true) return
    const other = await defaultClass(world)
    if (other && (operation === 'CREATE' || other.metadata.name !== object.metadata.name))
      throw refuse(
        request,
        `PriorityClass ${other.metadata.name ?? ''} is already marked as default. Only one default can exist`,
      )
  },
}

async function resolve(request: Admission, spec: Record<string, unknown>, world: AdmissionWorld): Promise<void> {
  const name = textOf(spec['priorityClassName'])
  const found = name === '' ? await defaultClass(world) : await find(world, classes, '', name)
  if (name !== '' && !found) throw refuse(request, `no PriorityClass with name ${name} was found`)
  const value = numberOf(found?.['value']) ?? 0
  const policy = found ? found['preemptionPolicy'] : 'PreemptLowerPriority'
  if (name === '' && found) spec['priorityClassName'] = found.metadata.name
  if (typeof spec['priority'] === 'number' && spec['priority'] !== value)
    throw refuse(
      request,
      `the integer value of priority (${spec['priority']}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    )
  spec['priority'] = value
  if (typeof policy !== 'string') return
  const given = spec['preemptionPolicy']
  if (typeof given === 'string' && given !== policy)
    throw refuse(
      request,
      `the string value of PreemptionPolicy (${given}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    )
  spec['preemptionPolicy'] = policy
}

/** The lowest of those that call themselves the default. */
async function defaultClass(world: AdmissionWorld): Promise<KubeObject | undefined> {
  const marked = (await listOf(world, classes)).filter((item) => item['globalDefault'] === true)
  return marked.sort((a, b) => (numberOf(a['value']) ?? 0) - (numberOf(b['value']) ?? 0))[0]
}
