import type { KubeObject } from '../../k8s/object.ts'
import { dictionary } from '../../lang/dictionary.ts'
import type { KindStrategy } from '../strategy.ts'
import { at } from '../validation/numbers.ts'
import { canonicalQuantity } from '../validation/quantity.ts'
import { fieldsList, fieldsOf, isSet, listOf, numberOf, sortedMap, textOf, type Fields } from '../validation/values.ts'
import { age, column, columns, humanDuration, orNone } from './columns.ts'

export type Table = NonNullable<KindStrategy['table']>
export type Cells = (object: KubeObject, now: number) => readonly unknown[]

export const created = (object: KubeObject, now: number): string => age(object.metadata.creationTimestamp, now)
export const count = (value: unknown): number => numberOf(value) ?? 0
export const specOf = (object: KubeObject): Fields => fieldsOf(object['spec'])
export const statusOf = (object: KubeObject): Fields => fieldsOf(object['status'])

/** A table whose first cell is the name. */
export function table(plain: readonly string[], wide: readonly string[], cells: Cells): Table {
  return {
    columns: columns(['Name', ...plain], wide),
    cells: (object, now) => [object.metadata.name, ...cells(object, now)],
  }
}

/** A table that shows a time as such, and lets the client tell the age. */
export const createdAt: Table = {
  columns: [column('Name'), column('Created At:date')],
  cells: (object) => [object.metadata.name, object.metadata.creationTimestamp],
}

export function containerCells(object: KubeObject, ...path: readonly string[]): string[] {
  return containerNames(fieldsList(at(object['spec'], ...path, 'template', 'spec')['containers']))
}

/** Names and images, each as one text. */
export function containerNames(containers: readonly Fields[]): string[] {
  return [
    containers.map((item) => textOf(item['name'])).join(','),
    containers.map((item) => textOf(item['image'])).join(','),
  ]
}

export function keys(map: unknown): string {
  return Object.entries(sortedMap(fieldsOf(map)))
    .map(([key, value]) => `${key}=${textOf(value)}`)
    .join(',')
}

export function servicePorts(spec: Fields): string {
  const ports = fieldsList(spec['ports']).map((port) => {
    const node = count(port['nodePort'])
    return `${count(port['port'])}${node > 0 ? `:${node}` : ''}/${textOf(port['protocol'])}`
  })
  return ports.length === 0 ? '<none>' : ports.join(',')
}

export function externalAddress(object: KubeObject): string {
  const spec = specOf(object)
  const external = listOf(spec['externalIPs']).map(String)
  const ingress = fieldsList(at(object['status'], 'loadBalancer')['ingress']).map(
    (item) => textOf(item['ip']) || textOf(item['hostname']),
  )
  switch (spec['type']) {
    case 'ExternalName':
      return textOf(spec['externalName'])
    case 'LoadBalancer':
      return [...ingress, ...external].join(',') || '<pending>'
    default:
      return external.join(',') || '<none>'
  }
}

export const modes: Readonly<Record<string, string>> = dictionary({
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
})
export const accessModes = (value: unknown): string =>
  Object.keys(modes)
    .filter((mode) => listOf(value).includes(mode))
    .map((mode) => modes[mode])
    .join(',')

export function nodeStatus(node: KubeObject): string {
  const ready = fieldsList(statusOf(node)['conditions']).find((item) => item['type'] === 'Ready')
  const words = [ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady']
  if (specOf(node)['unschedulable'] === true) words.push('SchedulingDisabled')
  return words.join(',')
}

export function nodeRoles(node: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/'
  const roles = Object.entries(node.metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(prefix) && key !== prefix) return [key.slice(prefix.length)]
    return key === 'kubernetes.io/role' && value !== '' ? [value] : []
  })
  return roles.sort().join(',') || '<none>'
}

export const nodeAddress = (node: KubeObject, type: string): string =>
  orNone(fieldsList(statusOf(node)['addresses']).find((item) => item['type'] === type)?.['address'])
export const orUnknown = (value: unknown): string => (isSet(value) ? String(value) : '<unknown>')

export function jobCells(job: KubeObject, now: number): string[] {
  const spec = specOf(job)
  const status = statusOf(job)
  const succeeded = count(status['succeeded'])
  const parallelism = count(spec['parallelism'])
  const completions =
    spec['completions'] === undefined
      ? parallelism > 1
        ? `${succeeded}/1 of ${parallelism}`
        : `${succeeded}/1`
      : `${succeeded}/${count(spec['completions'])}`
  const start = Date.parse(textOf(status['startTime']))
  const end = isSet(status['completionTime']) ? Date.parse(textOf(status['completionTime'])) : now
  const has = (type: string): boolean =>
    fieldsList(status['conditions']).some((item) => item['type'] === type && item['status'] === 'True')
  const word = has('Complete')
    ? 'Complete'
    : has('Failed')
      ? 'Failed'
      : isSet(job.metadata.deletionTimestamp)
        ? 'Terminating'
        : has('Suspended')
          ? 'Suspended'
          : has('FailureTarget')
            ? 'FailureTarget'
            : has('SuccessCriteriaMet')
              ? 'SuccessCriteriaMet'
              : 'Running'
  return [word, completions, Number.isNaN(start) ? '' : humanDuration(end - start)]
}

export function bindingSubjects(binding: KubeObject): string[] {
  const subjects = fieldsList(binding['subjects'])
  const named = (kind: string): string =>
    subjects
      .filter((item) => item['kind'] === kind)
      .map((item) =>
        kind === 'ServiceAccount' ? `${textOf(item['namespace'])}/${textOf(item['name'])}` : textOf(item['name']),
      )
      .join(', ')
  return [named('User'), named('Group'), named('ServiceAccount')]
}

export const bindingTable = table(['Role', 'Age'], ['Users', 'Groups', 'ServiceAccounts'], (object, now) => [
  `${textOf(at(object, 'roleRef')['kind'])}/${textOf(at(object, 'roleRef')['name'])}`,
  created(object, now),
  ...bindingSubjects(object),
])

export function ingressPorts(spec: Fields): string {
  return fieldsList(spec['tls']).length > 0 ? '80, 443' : '80'
}

export function ingressHosts(spec: Fields): string {
  const hosts = fieldsList(spec['rules'])
    .map((rule) => textOf(rule['host']))
    .filter((host) => host !== '')
  if (hosts.length === 0) return '*'
  return hosts.length > 3 ? `${hosts.slice(0, 3).join(',')} + ${hosts.length - 3} more...` : hosts.join(',')
}

export function metricCell(metric: Fields, current: readonly Fields[], index: number): string {
  const type = textOf(metric['type'])
  const source = fieldsOf(metric[type.slice(0, 1).toLowerCase() + type.slice(1)])
  const target = fieldsOf(source['target'])
  const now = fieldsOf(fieldsOf(fieldsOf(current[index])[type.slice(0, 1).toLowerCase() + type.slice(1)])['current'])
  if (type === 'Resource') {
    const name = `${textOf(source['name'])}: `
    if (target['averageUtilization'] !== undefined)
      return `${name}${now['averageUtilization'] === undefined ? '<unknown>' : `${count(now['averageUtilization'])}%`}/${count(target['averageUtilization'])}%`
    return `${name}${isSet(now['averageValue']) ? textOf(now['averageValue']) : '<unknown>'}/${textOf(target['averageValue'])}`
  }
  if (isSet(target['averageValue']))
    return `${isSet(now['averageValue']) ? textOf(now['averageValue']) : '<unknown>'}/${textOf(target['averageValue'])}${type === 'Pods' ? '' : ' (avg)'}`
  return `${isSet(now['value']) ? textOf(now['value']) : '<unknown>'}/${textOf(target['value'])}`
}

export function metricsCell(object: KubeObject): string {
  const metrics = fieldsList(specOf(object)['metrics'])
  if (metrics.length === 0) return '<none>'
  const cells = metrics
    .slice(0, 2)
    .map((metric, index) => metricCell(metric, fieldsList(statusOf(object)['currentMetrics']), index))
  return cells.join(', ') + (metrics.length > 2 ? ` + ${metrics.length - 2} more...` : '')
}

export function amounts(hard: Fields, used: Fields, limits: boolean): string {
  return Object.keys(sortedMap(hard))
    .filter((name) => name.startsWith('limits.') === limits)
    .map((name) => `${name}: ${String(canonicalQuantity(used[name] ?? '0'))}/${String(canonicalQuantity(hard[name]))}`)
    .join(', ')
}

export const eventObject = (event: Fields): string => `${textOf(event['kind']).toLowerCase()}/${textOf(event['name'])}`

export function orUnset(value: unknown): string {
  return typeof value === 'number' ? String(value) : '<unset>'
}

export function firstThree(items: readonly string[], none: string): string {
  if (items.length === 0) return none
  return items.length > 3 ? `${items.slice(0, 3).join(',')} + ${items.length - 3} more...` : items.join(',')
}

export function endpointsCell(object: KubeObject): string {
  const pairs = fieldsList(object['subsets']).flatMap((subset) => {
    const ports = fieldsList(subset['ports'])
    return ports.length === 0
      ? fieldsList(subset['addresses']).map((address) => textOf(address['ip']))
      : ports.flatMap((port) =>
          fieldsList(subset['addresses']).map((address) => `${textOf(address['ip'])}:${count(port['port'])}`),
        )
  })
  return firstThree(pairs, '<none>')
}

export function storageName(object: KubeObject): string {
  const marked = object.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true'
  return `${object.metadata.name ?? ''}${marked ? ' (default)' : ''}`
}
