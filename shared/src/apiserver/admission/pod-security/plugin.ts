import type { KubeObject } from '../../../k8s/object.ts'
import { dictionary } from '../../../lang/dictionary.ts'
import { jsonEqual } from '../../../lang/json.ts'
import type { Admission } from '../../hooks.ts'
import { resourceName } from '../../resource.ts'
import { fieldsList, fieldsOf, type Fields } from '../../validation/values.ts'
import type { AdmissionPlugin, AdmissionWorld } from '../plugin.ts'
import { find, listOf } from '../reads.ts'
import { refuse, refuseInvalid } from '../refusal.ts'
import type { PodLike } from './check.ts'
import { evaluate, policyOf, printLevel, printViolations, rank, sameLevel, type LevelVersion } from './policy.ts'

const ignored = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'])

const ofSpec = (object: KubeObject): unknown => fieldsOf(object['spec'])['template']

/** Where kinds keep the template of their pods. */
const templates: Readonly<Record<string, (object: KubeObject) => unknown>> = dictionary({
  replicationcontrollers: ofSpec,
  podtemplates: (object) => object['template'],
  'replicasets.apps': ofSpec,
  'deployments.apps': ofSpec,
  'statefulsets.apps': ofSpec,
  'daemonsets.apps': ofSpec,
  'jobs.batch': ofSpec,
  'cronjobs.batch': (object) => fieldsOf(fieldsOf(fieldsOf(object['spec'])['jobTemplate'])['spec'])['template'],
})

/** Holds pods to what their namespace's labels say: refuses, or warns. Templates of pods are only warned of. */
export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  resources: ['namespaces', 'pods', ...Object.keys(templates)],
  async validate(request, world) {
    const { resource, subresource, operation } = request
    if (!request.object || (operation !== 'CREATE' && operation !== 'UPDATE')) return
    const name = resourceName(resource)
    if (name === 'namespaces') return subresource === undefined ? checkNamespace(request, world) : undefined
    if (name === 'pods') return ignored.has(subresource ?? '') ? undefined : checkPod(request, world)
    const template = templates[name]
    if (template && subresource === undefined) await checkTemplate(request, world, template(request.object))
  },
}

const podOf = (object: Fields): PodLike => ({
  annotations: fieldsOf(fieldsOf(object['metadata'])['annotations']) as Record<string, string>,
  spec: fieldsOf(object['spec']),
})

async function labelsOf(request: Admission, world: AdmissionWorld): Promise<Record<string, string> | undefined> {
  return (await find(world, 'namespaces', '', request.namespace))?.metadata.labels
}

async function checkPod(request: Admission, world: AdmissionWorld): Promise<void> {
  const { object, oldObject } = request
  if (!object || (request.operation === 'UPDATE' && oldObject && !matters(object, oldObject))) return
  const { policy } = policyOf(await labelsOf(request, world))
  const violations = evaluate(policy.enforce, podOf(object))
  if (violations.length > 0)
    throw refuse(
      request,
      `violates PodSecurity ${JSON.stringify(printLevel(policy.enforce))}: ${printViolations(violations)}`,
    )
  warn(request, policy.warn, podOf(object))
}

async function checkTemplate(request: Admission, world: AdmissionWorld, template: unknown): Promise<void> {
  if (template === undefined || template === null) return
  const { policy } = policyOf(await labelsOf(request, world))
  warn(request, policy.warn, podOf(fieldsOf(template)))
}

function warn(request: Admission, at: LevelVersion, pod: PodLike): void {
  const violations = evaluate(at, pod)
  if (violations.length > 0)
    request.warn(`would violate PodSecurity ${JSON.stringify(printLevel(at))}: ${printViolations(violations)}`)
}

/** Whether an update of a pod changes what policies look at: containers come and go, or their images change. */
function matters(next: KubeObject, previous: KubeObject): boolean {
  const [spec, old] = [fieldsOf(next['spec']), fieldsOf(previous['spec'])]
  for (const list of ['containers', 'initContainers']) {
    const [now, before] = [fieldsList(spec[list]), fieldsList(old[list])]
    if (now.length !== before.length) return true
    if (now.some((container, index) => container['image'] !== before[index]?.['image'])) return true
  }
  const before = fieldsList(old['ephemeralContainers'])
  return fieldsList(spec['ephemeralContainers']).some((container) => {
    const former = before.find((other) => other['name'] === container['name'])
    return former?.['image'] !== container['image']
  })
}

async function checkNamespace(request: Admission, world: AdmissionWorld): Promise<void> {
  const { policy, errors } = policyOf(request.object?.metadata.labels)
  if (request.operation === 'CREATE') {
    if (errors.length > 0) throw refuseInvalid(request, errors)
    return
  }
  const old = policyOf(request.oldObject?.metadata.labels)
  if (errors.length > 0 && !jsonEqual(errors, old.errors)) throw refuseInvalid(request, errors)
  const [now, before] = [policy.enforce, old.policy.enforce]
  if (sameLevel(now, before) || now.level === 'privileged') return
  if (now.version === before.version && rank(now.level) < rank(before.level)) return
  for (const warning of await existing(request.name, now, world)) request.warn(warning)
}

/** What pods that are there already would violate, most alike told once. */
async function existing(namespace: string, at: LevelVersion, world: AdmissionWorld): Promise<string[]> {
  const names = new Map<string, string[]>()
  for (const pod of await listOf(world, 'pods', namespace)) {
    const reasons = evaluate(at, podOf(pod)).map(({ reason }) => reason)
    if (reasons.length === 0) continue
    const text = reasons.join(', ')
    names.set(text, [...(names.get(text) ?? []), pod.metadata.name ?? ''])
  }
  if (names.size === 0) return []
  const lines = [...names].map(([text, pods]) => {
    const [first = ''] = pods.sort()
    const more = pods.length - 1
    return `${first}${more === 0 ? '' : ` (and ${more} other pod${more === 1 ? '' : 's'})`}: ${text}`
  })
  const head = `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(printLevel(at))}`
  return [head, ...lines.sort()]
}
