import type { KubeObject } from '../k8s/object.ts'
import { md5 } from '../lang/md5.ts'
import { encoded } from './scheme/remarshal.ts'
import { schemeType } from './scheme/types.ts'
import { inOrder } from '../lang/order.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * Endpoints as comparison sees them: as their type writes them, with the protocol that a port has by default, and in one
 * order. That order is Argo CD's: addresses by what they say, ports and subsets by a hash of how Go prints them.
 */
export function normalizeEndpoints(object: KubeObject): KubeObject {
  const type = schemeType(object.apiVersion, object.kind)
  const typed = type && (encoded(object, type, { lenient: true, complete: true }) as KubeObject | undefined)
  if (!typed || !Array.isArray(typed['subsets'])) return typed ?? object
  const subsets = (typed['subsets'] as Fields[]).map((subset) => {
    const ports = (listOf(subset['ports']) ?? []).map((port) => ({ ...port, protocol: port['protocol'] ?? 'TCP' }))
    return {
      ...subset,
      ...sorted(subset, 'addresses'),
      ...sorted(subset, 'notReadyAddresses'),
      ...(subset['ports'] === undefined ? {} : { ports: byHash(ports, shownPort) }),
    }
  })
  return { ...typed, subsets: byHash(subsets, shownSubset) }
}

function sorted(subset: Fields, key: string): Fields {
  const addresses = listOf(subset[key])
  return addresses ? { [key]: addresses.toSorted(byAddress) } : {}
}

function byAddress(a: Fields, b: Fields): number {
  return inOrder(text(a['ip']), text(b['ip'])) || inOrder(uidOf(a), uidOf(b))
}

function uidOf({ targetRef }: Fields): string {
  // An address of nothing comes first.
  return targetRef === undefined ? '' : ` ${text((targetRef as Fields)['uid'])}`
}

function byHash<T extends Fields>(items: readonly T[], show: (item: T) => string): T[] {
  if (items.length < 2) return [...items]
  return items
    .map((item) => ({ item, hash: md5(show(item)) }))
    .toSorted((a, b) => inOrder(a.hash, b.hash))
    .map(({ item }) => item)
}

function shownSubset(subset: Fields): string {
  const addresses = (key: string): string => `([]v1.EndpointAddress)${shownList(subset[key], shownAddress)}`
  const ports = `([]v1.EndpointPort)${shownList(subset['ports'], portFields)}`
  return `(v1.EndpointSubset){Addresses:${addresses('addresses')} NotReadyAddresses:${addresses('notReadyAddresses')} Ports:${ports}}`
}

function shownList(value: unknown, show: (item: Fields) => string): string {
  const items = listOf(value)
  return items ? `[${items.map(show).join(' ')}]` : '<nil>'
}

function shownAddress(address: Fields): string {
  const to = address['targetRef'] as Fields | undefined
  return `{IP:${string(address['ip'])} Hostname:${string(address['hostname'])} NodeName:${pointer(address['nodeName'])} TargetRef:(*v1.ObjectReference)${to ? reference(to) : '<nil>'}}`
}

function reference(to: Fields): string {
  const names = ['Kind', 'Namespace', 'Name', 'UID', 'APIVersion', 'ResourceVersion', 'FieldPath']
  const shown = names.map((name) => {
    const key =
      name === 'UID' ? 'uid' : name === 'APIVersion' ? 'apiVersion' : name.charAt(0).toLowerCase() + name.slice(1)
    return `${name}:${name === 'UID' ? `(types.UID)${text(to[key])}` : string(to[key])}`
  })
  return `{${shown.join(' ')}}`
}

function shownPort(port: Fields): string {
  return `(v1.EndpointPort)${portFields(port)}`
}

function portFields(port: Fields): string {
  const number = typeof port['port'] === 'number' ? port['port'] : 0
  return `{Name:${string(port['name'])} Port:(int32)${number} Protocol:(v1.Protocol)${text(port['protocol'])} AppProtocol:${pointer(port['appProtocol'])}}`
}

function string(value: unknown): string {
  return `(string)${text(value)}`
}

function pointer(value: unknown): string {
  return `(*string)${value === undefined || value === null ? '<nil>' : text(value)}`
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function listOf(value: unknown): readonly Fields[] | undefined {
  return Array.isArray(value) ? (value as Fields[]) : undefined
}
