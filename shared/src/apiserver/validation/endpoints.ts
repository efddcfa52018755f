import type { FieldError } from '../strategy.ts'
import { enumerated } from './choices.ts'
import { invalid, invalidAll, required } from './field-errors.ts'
import { dnsLabel, dnsSubdomain, ipAddress, portNumber, qualifiedName, specialAddress } from './names.ts'
import { fieldsList, isSet, numberOf, sameValue, textOf, type Fields } from './values.ts'

/** Endpoints: addresses with ports, in groups. Those that an update leaves alone are not judged anew. */
export function validateEndpoints(next: Fields, previous: Fields | undefined): FieldError[] {
  if (previous !== undefined && sameValue(next['subsets'], previous['subsets'])) return []
  return fieldsList(next['subsets']).flatMap((subset, index) => {
    const field = `subsets[${index}]`
    const ready = fieldsList(subset['addresses'])
    const waiting = fieldsList(subset['notReadyAddresses'])
    const ports = fieldsList(subset['ports'])
    const none = ready.length === 0 && waiting.length === 0
    return [
      ...(none ? [required(field, 'must specify `addresses` or `notReadyAddresses`')] : []),
      ...ready.flatMap((address, at) => validateAddress(address, `${field}.addresses[${at}]`)),
      ...waiting.flatMap((address, at) => validateAddress(address, `${field}.notReadyAddresses[${at}]`)),
      ...ports.flatMap((port, at) => validatePort(port, ports.length > 1, `${field}.ports[${at}]`)),
    ]
  })
}

function validateAddress(address: Fields, field: string): FieldError[] {
  const ip = textOf(address['ip'])
  const hostname = textOf(address['hostname'])
  const node = address['nodeName']
  const wrong = ipAddress(ip)
  const errors = invalidAll(`${field}.ip`, ip, wrong)
  if (hostname !== '') errors.push(...invalidAll(`${field}.hostname`, hostname, dnsLabel(hostname)))
  if (typeof node === 'string') errors.push(...invalidAll(`${field}.nodeName`, node, dnsSubdomain(node)))
  const special = wrong.length > 0 ? ['must be a valid IP address'] : specialAddress(ip)
  return [...errors, ...invalidAll(`${field}.ip`, ip, special)]
}

function validatePort(port: Fields, named: boolean, field: string): FieldError[] {
  const name = textOf(port['name'])
  const number = numberOf(port['port']) ?? 0
  const errors = invalidAll(`${field}.name`, name, name === '' ? [] : dnsLabel(name))
  if (named && name === '') errors.push(required(`${field}.name`))
  for (const problem of portNumber(number)) errors.push(invalid(`${field}.port`, number, problem))
  errors.push(...enumerated(port['protocol'], `${field}.protocol`, ['SCTP', 'TCP', 'UDP']))
  const app = port['appProtocol']
  if (isSet(app)) errors.push(...invalidAll(`${field}.appProtocol`, app, qualifiedName(textOf(app))))
  return errors
}
