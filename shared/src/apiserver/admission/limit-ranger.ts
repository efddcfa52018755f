import type { Admission } from '../hooks.ts'
import { canonicalQuantity, formatQuantity, type Quantity } from '../validation/quantity.ts'
import { childOf, fieldsList, fieldsOf, textOf, type Fields } from '../validation/values.ts'
import { amountsOf, type Amounts } from './amounts.ts'
import type { AdmissionPlugin, AdmissionWorld } from './plugin.ts'
import { podAmounts } from './pod-amounts.ts'
import { listOf } from './reads.ts'
import { aggregate, refuse } from './refusal.ts'

/** Gives containers the defaults of the namespace's LimitRanges, and refuses what is outside of their bounds. */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  resources: ['pods', 'persistentvolumeclaims'],
  async admit(request, world) {
    if (!concerns(request) || request.resource.plural !== 'pods' || !request.object) return
    for (const range of await rangesOf(request, world)) setDefaults(request.object, range)
  },
  async validate(request, world) {
    if (!concerns(request) || !request.object) return
    for (const range of await rangesOf(request, world)) {
      const problems =
        request.resource.plural === 'pods'
          ? checkPod(fieldsOf(request.object['spec']), fieldsOf(request.oldObject?.['spec']), range)
          : checkClaim(fieldsOf(request.object['spec']), range)
      if (problems.length > 0) throw refuse(request, aggregate(problems))
    }
  },
}

function concerns(request: Admission): boolean {
  const { resource, subresource, operation, oldObject } = request
  if (resource.group !== '' || oldObject?.metadata.deletionTimestamp !== undefined) return false
  if (resource.plural === 'pods')
    return subresource === 'resize' ? operation === 'UPDATE' : subresource === undefined && operation === 'CREATE'
  return (
    resource.plural === 'persistentvolumeclaims' &&
    subresource === undefined &&
    (operation === 'CREATE' || operation === 'UPDATE')
  )
}

type Limits = readonly Fields[]

async function rangesOf(request: Admission, world: AdmissionWorld): Promise<Limits[]> {
  const ranges = await listOf(world, 'limitranges', request.namespace)
  return ranges.map((range) => fieldsList(fieldsOf(range['spec'])['limits']))
}

/** Fills in what containers do not say, and notes on the pod what was filled in. */
function setDefaults(pod: Fields, limits: Limits): void {
  const defaults: Readonly<Record<'limits' | 'requests', Fields>> = { limits: {}, requests: {} }
  for (const limit of limits) {
    if (limit['type'] !== 'Container') continue
    Object.assign(defaults.requests, fieldsOf(limit['defaultRequest']))
    Object.assign(defaults.limits, fieldsOf(limit['default']))
  }
  const spec = fieldsOf(pod['spec'])
  const notes = [
    ...fieldsList(spec['containers']).flatMap((container) => fill(container, defaults, 'container')),
    ...fieldsList(spec['initContainers']).flatMap((container) => fill(container, defaults, 'init container')),
  ]
  if (notes.length === 0) return
  childOf(childOf(pod, 'metadata'), 'annotations')['kubernetes.io/limit-ranger'] =
    `LimitRanger plugin set: ${notes.join('; ')}`
}

function fill(
  container: Fields,
  defaults: Readonly<Record<'limits' | 'requests', Fields>>,
  what: string,
): readonly string[] {
  return (['requests', 'limits'] as const).flatMap((kind) => {
    const resources = childOf(container, 'resources')
    const missing = Object.entries(defaults[kind]).filter(([name]) => !(name in fieldsOf(resources[kind])))
    if (missing.length === 0) return []
    const list = childOf(resources, kind)
    for (const [name, value] of missing) list[name] = canonicalQuantity(value)
    const names = missing.map(([name]) => name).sort()
    return [`${names.join(', ')} ${kind === 'requests' ? 'request' : 'limit'} for ${what} ${textOf(container['name'])}`]
  })
}

/** What is wrong with a pod; on a resize, what is as it was is not looked at again. */
function checkPod(spec: Fields, old: Fields, limits: Limits): string[] {
  return limits.flatMap((limit) => {
    if (limit['type'] === 'Container')
      return (['containers', 'initContainers'] as const).flatMap((list) =>
        fieldsList(spec[list]).flatMap((container) => {
          const former = fieldsList(old[list]).find((other) => other['name'] === container['name'])
          return checkBounds(limit, usageOf(container), former && usageOf(former))
        }),
      )
    if (limit['type'] !== 'Pod') return []
    const usage = (pod: Fields): Usage => ({ requests: podAmounts(pod, 'requests'), limits: podAmounts(pod, 'limits') })
    return checkBounds(limit, usage(spec), Object.keys(old).length > 0 ? usage(old) : undefined)
  })
}

interface Usage {
  readonly requests: Amounts
  readonly limits: Amounts
}

function usageOf(container: Fields): Usage {
  const { requests, limits } = fieldsOf(container['resources'])
  return { requests: amountsOf(requests), limits: amountsOf(limits) }
}

function checkBounds(limit: Fields, usage: Usage, former: Usage | undefined): string[] {
  const type = textOf(limit['type'])
  const bounds = (kind: string, check: Check): string[] =>
    [...amountsOf(limit[kind])]
      .filter(([name]) => !former || !isSame(name, usage, former))
      .flatMap(([name, bound]) => check(type, name, bound, usage) ?? [])
  return [...bounds('min', below), ...bounds('max', above), ...bounds('maxLimitRequestRatio', ratio)]
}

function isSame(name: string, a: Usage, b: Usage): boolean {
  return (['requests', 'limits'] as const).every((kind) => a[kind].get(name)?.nano === b[kind].get(name)?.nano)
}

type Check = (type: string, name: string, bound: Quantity, usage: Usage) => string | undefined

const below: Check = (type, name, bound, { requests, limits }) => {
  const rule = `minimum ${name} usage per ${type} is ${formatQuantity(bound)}`
  const request = requests.get(name)
  const limit = limits.get(name)
  if (!request) return `${rule}.  No request is specified`
  if (request.nano < bound.nano) return `${rule}, but request is ${formatQuantity(request)}`
  return limit && limit.nano < bound.nano ? `${rule}, but limit is ${formatQuantity(limit)}` : undefined
}

const above: Check = (type, name, bound, { requests, limits }) => {
  const rule = `maximum ${name} usage per ${type} is ${formatQuantity(bound)}`
  const request = requests.get(name)
  const limit = limits.get(name)
  if (!limit) return `${rule}.  No limit is specified`
  if (limit.nano > bound.nano) return `${rule}, but limit is ${formatQuantity(limit)}`
  return request && request.nano > bound.nano ? `${rule}, but request is ${formatQuantity(request)}` : undefined
}

const ratio: Check = (type, name, bound, { requests, limits }) => {
  const rule = `${name} max limit to request ratio per ${type} is ${formatQuantity(bound)}`
  const request = requests.get(name)?.nano ?? 0n
  const limit = limits.get(name)?.nano ?? 0n
  if (request === 0n) return `${rule}, but no request is specified or request is 0`
  if (limit === 0n) return `${rule}, but no limit is specified or limit is 0`
  if (limit * 1_000_000_000n <= bound.nano * request) return undefined
  return `${rule}, but provided ratio is ${(Number(limit) / Number(request)).toFixed(6)}`
}

/** Of a claim only the request counts. */
function checkClaim(spec: Fields, limits: Limits): string[] {
  const requests = amountsOf(fieldsOf(spec['resources'])['requests'])
  return limits
    .filter((limit) => limit['type'] === 'PersistentVolumeClaim')
    .flatMap((limit) => [
      ...[...amountsOf(limit['min'])].flatMap(
        ([name, bound]) => below('PersistentVolumeClaim', name, bound, { requests, limits: new Map() }) ?? [],
      ),
      ...[...amountsOf(limit['max'])].flatMap(([name, bound]) => {
        const rule = `maximum ${name} usage per PersistentVolumeClaim is ${formatQuantity(bound)}`
        const request = requests.get(name)
        if (!request) return [`${rule}.  No request is specified`]
        return request.nano > bound.nano ? [`${rule}, but request is ${formatQuantity(request)}`] : []
      }),
    ])
}
