import type { FieldError } from '../strategy.ts'
import { diffGo } from './go-diff.ts'
import { forbidden, immutable, invalid, invalidAll, required } from './field-errors.ts'
import { dnsSubdomain, ipAddress, qualifiedName } from './names.ts'
import { at } from './numbers.ts'
import { qosClass } from './resources.ts'
import { validateAddedTolerations } from './tolerations.ts'
import {
  fieldsList,
  fieldsOf,
  isFields,
  listOf,
  numberOf,
  sameValue,
  sortedMap,
  textOf,
  type Fields,
} from './values.ts'

const updatable =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

/** What may not change in a pod that exists. */
export function validatePodUpdate(next: Fields, previous: Fields): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const old = fieldsOf(previous['spec'])
  const errors: FieldError[] = []
  for (const list of ['containers', 'initContainers']) {
    const { found, stop } = validateImages(spec[list], old[list], `spec.${list}`)
    errors.push(...found)
    if (stop) return errors
  }
  const deadline = validateDeadline(spec, old)
  errors.push(...deadline.found)
  if (deadline.stop) return errors
  errors.push(...validateAddedTolerations(spec['tolerations'], old['tolerations'], 'spec.tolerations'))
  errors.push(...validateDeletedGates(spec['schedulingGates'], old['schedulingGates']))
  const { munged, found } = withoutUpdatable(spec, old)
  errors.push(...found)
  if (!sameValue(munged, old)) errors.push(forbidden('spec', `${updatable}\n${diffGo('core.v1.PodSpec', old, munged)}`))
  return errors
}

interface Step {
  readonly found: FieldError[]
  readonly stop: boolean
}

function validateImages(next: unknown, before: unknown, field: string): Step {
  const containers = fieldsList(next)
  if (containers.length !== listOf(before).length)
    return { found: [forbidden(field, 'pod updates may not add or remove containers')], stop: true }
  const found = containers.flatMap((container, index) => {
    const image = textOf(container['image'])
    const errors = image === '' ? [required(`${field}[${index}].image`)] : []
    if (image !== image.trim())
      errors.push(invalid(`${field}[${index}].image`, image, 'must not have leading or trailing whitespace'))
    return errors
  })
  return { found, stop: false }
}

function validateDeadline(spec: Fields, old: Fields): Step {
  const field = 'spec.activeDeadlineSeconds'
  const now = numberOf(spec['activeDeadlineSeconds'])
  const before = numberOf(old['activeDeadlineSeconds'])
  const stop = (found: FieldError): Step => ({ found: [found], stop: true })
  if (now === undefined)
    return {
      found: before === undefined ? [] : [invalid(field, null, 'must not update from a positive integer to nil value')],
      stop: false,
    }
  if (now < 0 || now > 2147483647) return stop(invalid(field, now, 'must be between 0 and 2147483647, inclusive'))
  if (before !== undefined && before < now)
    return stop(invalid(field, now, 'must be less than or equal to previous value'))
  return { found: [], stop: false }
}

function validateDeletedGates(next: unknown, before: unknown): FieldError[] {
  const known = new Set(fieldsList(before).map((gate) => gate['name']))
  return fieldsList(next).flatMap((gate, index) =>
    known.has(gate['name'])
      ? []
      : [
          forbidden(
            `spec.schedulingGates[${index}].name`,
            `only deletion is allowed, but found new scheduling gate '${textOf(gate['name'])}'`,
          ),
        ],
  )
}

/** The new spec with the old values of all that may change. */
function withoutUpdatable(spec: Fields, old: Fields): { munged: Fields; found: FieldError[] } {
  const munged = structuredClone(spec)
  const found: FieldError[] = []
  const restore = (name: string): void => {
    if (old[name] === undefined) delete munged[name]
    else munged[name] = old[name]
  }
  for (const list of ['containers', 'initContainers'])
    fieldsList(munged[list]).forEach((container, index) => {
      container['image'] = fieldsList(old[list])[index]?.['image']
    })
  for (const name of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations']) restore(name)
  if ((numberOf(old['terminationGracePeriodSeconds']) ?? 0) < 0 && munged['terminationGracePeriodSeconds'] === 1)
    restore('terminationGracePeriodSeconds')
  if (listOf(old['schedulingGates']).length > 0) {
    const before = fieldsOf(old['nodeSelector'])
    const now = fieldsOf(munged['nodeSelector'])
    if (Object.entries(before).some(([key, value]) => now[key] !== value))
      found.push(
        invalid(
          'spec.nodeSelector',
          sortedMap(now),
          'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
        ),
      )
    restore('nodeSelector')
    restoreNodeAffinity(munged, old)
  }
  return { munged, found }
}

/** A pod that waits may still be told more of the nodes it wants. */
function restoreNodeAffinity(munged: Fields, old: Fields): void {
  const before = at(old, 'affinity')['nodeAffinity']
  const { nodeAffinity: _, ...others } = fieldsOf(munged['affinity'])
  if (before === undefined && Object.keys(others).length === 0 && old['affinity'] === undefined)
    delete munged['affinity']
  else munged['affinity'] = before === undefined ? others : { ...others, nodeAffinity: before }
}

/** Containers to look into a pod may be added, never changed. */
export function validateEphemeralUpdate(next: Fields, previous: Fields): FieldError[] {
  const now = fieldsList(at(next, 'spec')['ephemeralContainers'])
  return fieldsList(at(previous, 'spec')['ephemeralContainers']).flatMap((old) => {
    const name = JSON.stringify(textOf(old['name']))
    const found = now.find((container) => container['name'] === old['name'])
    const field = 'spec.ephemeralContainers'
    if (!found) return [forbidden(field, `existing ephemeral containers ${name} may not be removed\n`)]
    if (sameValue(found, old)) return []
    return [
      forbidden(
        field,
        `existing ephemeral containers ${name} may not be changed\n${diffGo('core.v1.EphemeralContainer', old, found)}`,
      ),
    ]
  })
}

/** The resources of a running pod's containers may change, but for some. */
export function validateResize(next: Fields, previous: Fields): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const old = fieldsOf(previous['spec'])
  const errors: FieldError[] = []
  const containersOf = (of: Fields): Fields[] => [...fieldsList(of['initContainers']), ...fieldsList(of['containers'])]
  if (qosClass(containersOf(spec)) !== qosClass(containersOf(old)))
    errors.push(
      invalid('spec', textOf(at(next, 'status')['qosClass']), 'Pod QOS Class may not change as a result of resizing'),
    )
  for (const list of ['initContainers', 'containers'])
    fieldsList(old[list]).forEach((before, index) => {
      const now = fieldsList(spec[list])[index] ?? {}
      errors.push(...validateContainerResize(now, before, `spec.${list}[${index}].resources`))
    })
  const rest = structuredClone(spec)
  for (const list of ['initContainers', 'containers'])
    fieldsList(rest[list]).forEach((container, index) => {
      const before = fieldsList(old[list])[index] ?? {}
      for (const part of ['limits', 'requests']) restoreAmounts(container, before, part)
    })
  if (errors.length === 0 && !sameValue(rest, old))
    errors.push(forbidden('spec', 'only cpu and memory resources are mutable'))
  return errors
}

function validateContainerResize(now: Fields, before: Fields, field: string): FieldError[] {
  const errors: FieldError[] = []
  for (const [part, what] of [
    ['requests', 'resource requests'],
    ['limits', 'resource limits'],
  ] as const) {
    const old = at(before, 'resources', part)
    const given = at(now, 'resources', part)
    if (Object.keys(old).some((name) => given[name] === undefined))
      errors.push(forbidden(`${field}.${part}`, `${what} cannot be removed`))
  }
  const policy = fieldsList(now['resizePolicy']).find((item) => item['resourceName'] === 'memory')?.['restartPolicy']
  if (policy === 'RestartContainer') return errors
  const limit = at(now, 'resources', 'limits')['memory']
  const old = at(before, 'resources', 'limits')['memory']
  if (limit !== undefined && old === undefined)
    errors.push(
      forbidden(`${field}.limits[memory]`, 'memory limits cannot be added unless resizePolicy is RestartContainer'),
    )
  return errors
}

function restoreAmounts(container: Fields, before: Fields, part: string): void {
  const old = at(before, 'resources', part)
  const resources = fieldsOf(container['resources'])
  const amounts = { ...fieldsOf(resources[part]) }
  for (const name of ['cpu', 'memory']) {
    if (old[name] === undefined) delete amounts[name]
    else amounts[name] = old[name]
  }
  container['resources'] = { ...resources, [part]: amounts }
}

/** What a node may not say of a pod. */
export function validatePodStatus(next: Fields, previous: Fields | undefined): FieldError[] {
  const status = fieldsOf(next['status'])
  const old = at(previous, 'status')
  const errors: FieldError[] = []
  const system = new Set(['PodScheduled', 'Ready', 'Initialized'])
  fieldsList(status['conditions']).forEach((condition, index) => {
    const type = textOf(condition['type'])
    if (!system.has(type)) errors.push(...invalidAll(`metadata.conditions[${index}].Type`, type, qualifiedName(type)))
  })
  const nominated = textOf(status['nominatedNodeName'])
  if (nominated !== '' && nominated !== old['nominatedNodeName'])
    errors.push(...invalidAll('status.nominatedNodeName', nominated, dnsSubdomain(nominated)))
  if (previous !== undefined && textOf(status['qosClass']) !== textOf(old['qosClass']))
    errors.push(immutable('status.qosClass', textOf(status['qosClass'])))
  errors.push(...validateTransitions(next, old))
  fieldsList(status['podIPs']).forEach(({ ip }, index) =>
    errors.push(...invalidAll(`status.podIPs[${index}]`, textOf(ip), ipAddress(textOf(ip)))),
  )
  const hosts = fieldsList(status['hostIPs'])
  if (hosts.length > 0 && hosts[0]?.['ip'] !== status['hostIP'])
    errors.push(invalid('status.hostIPs[0].ip', textOf(hosts[0]?.['ip']), 'must be equal to `hostIP`'))
  hosts.forEach(({ ip }, index) =>
    errors.push(...invalidAll(`status.hostIPs[${index}]`, textOf(ip), ipAddress(textOf(ip)))),
  )
  return errors
}

/** What has ended for good does not run again. */
function validateTransitions(next: Fields, old: Fields): FieldError[] {
  const policy = textOf(at(next, 'spec')['restartPolicy'])
  return ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'].flatMap((list) => {
    const restarts = list === 'ephemeralContainerStatuses' ? 'Never' : policy
    if (restarts === 'Always') return []
    return fieldsList(old[list]).flatMap((before, index) => {
      const ended = at(before, 'state')['terminated']
      if (!isFields(ended)) return []
      if ((numberOf(ended['exitCode']) ?? 0) !== 0 && restarts === 'OnFailure') return []
      const now = fieldsList(at(next, 'status')[list]).find((item) => item['name'] === before['name'])
      return now && !isFields(at(now, 'state')['terminated'])
        ? [forbidden(`status.${list}[${index}].state`, 'may not be transitioned to non-terminated state')]
        : []
    })
  })
}
