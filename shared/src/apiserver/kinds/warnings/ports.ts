import { quoteGo } from '../../validation/field-errors.ts'
import { fieldsList, numberOf, textOf, type Fields } from '../../validation/values.ts'

interface Port {
  readonly path: string
  readonly name: string
  readonly container: number
  readonly host: number
  readonly protocol: string
  readonly address: string
}

/** Ports of all containers of a pod that are the same, or nearly. */
export function portWarnings(containers: readonly (readonly [Fields, string])[]): string[] {
  const ports = containers.flatMap(([container, path]) =>
    fieldsList(container['ports']).map((port, index) => read(port, `${path}.ports[${index}]`)),
  )
  const clashes = ports.flatMap((port, index) => [
    ...alone(port),
    ...ports.slice(0, index).flatMap((other) => clash(port, other)),
  ])
  const names = ports.flatMap((port, index) => {
    const first = port.name === '' ? undefined : ports.slice(0, index).find((other) => other.name === port.name)
    return first === undefined
      ? []
      : [
          `${port.path}: duplicate port name ${quoteGo(port.name)} with ${first.path}, services and probes that select ports by name will use ${first.path}`,
        ]
  })
  return [...clashes, ...names]
}

function read(port: Fields, path: string): Port {
  return {
    path,
    name: textOf(port['name']),
    container: numberOf(port['containerPort']) ?? 0,
    host: numberOf(port['hostPort']) ?? 0,
    protocol: textOf(port['protocol']),
    address: textOf(port['hostIP']),
  }
}

function alone({ path, name, container, host, protocol, address }: Port): string[] {
  if (address === '' || host !== 0) return []
  const printed = `{Name:${name} HostPort:0 ContainerPort:${container} Protocol:${protocol} HostIP:${address}}`
  return [`${path}: hostIP set without hostPort: ${printed}`]
}

function clash(port: Port, other: Port): string[] {
  if (port.container !== other.container || port.protocol !== other.protocol) return []
  const say = (what: string): string[] => [`${port.path}: ${what} port definition with ${other.path}`]
  if (port.address === other.address && port.host === other.host) return say('duplicate')
  if (port.host === 0 || other.host === 0) return say('overlapping')
  return port.host === other.host && (port.address === '') !== (other.address === '')
    ? say('dangerously ambiguous')
    : []
}
