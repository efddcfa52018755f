import type { FieldError } from '../strategy.ts'
import { forbidden, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { validateSelector } from './labels.ts'
import { cidr, cidrWithin, portName, portNumber } from './names.ts'
import { fieldsList, fieldsOf, isFields, listOf, numberOf, textOf, type Fields } from './values.ts'

const protocols = ['TCP', 'UDP', 'SCTP']
const types = ['Ingress', 'Egress']

/** NetworkPolicy: pods, peers and ports. */
export function validateNetworkPolicy(next: Fields): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors = validateSelector(spec['podSelector'], 'spec.podSelector')
  for (const [direction, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const)
    fieldsList(spec[direction]).forEach((rule, index) => {
      const field = `spec.${direction}[${index}]`
      fieldsList(rule['ports']).forEach((port, position) => {
        errors.push(...validatePort(port, `${field}.ports[${position}]`))
      })
      fieldsList(rule[peers]).forEach((peer, position) => {
        errors.push(...validatePeer(peer, `${field}.${peers}[${position}]`))
      })
    })
  const given = listOf(spec['policyTypes'])
  if (given.length > types.length)
    return [...errors, invalid('spec.policyTypes', given, 'may not specify more than two policyTypes')]
  given.forEach((type, index) => {
    if (!types.includes(textOf(type))) errors.push(notSupported(`spec.policyTypes[${index}]`, type, types))
  })
  return errors
}

function validatePort(port: Fields, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { protocol, port: number, endPort } = port
  if (protocol !== undefined && !protocols.includes(textOf(protocol)))
    errors.push(notSupported(`${path}.protocol`, protocol, protocols))
  const end = numberOf(endPort)
  const refuse = (why: string): void => {
    if (end !== undefined) errors.push(invalid(`${path}.endPort`, end, why))
  }
  if (typeof number === 'number') {
    errors.push(...invalidAll(`${path}.port`, number, portNumber(number)))
    if (end !== undefined && end < number)
      errors.push(invalid(`${path}.endPort`, number, 'must be greater than or equal to `port`'))
    if (end !== undefined) errors.push(...invalidAll(`${path}.endPort`, end, portNumber(end)))
  } else if (typeof number === 'string') {
    refuse('may not be specified when `port` is non-numeric')
    errors.push(...invalidAll(`${path}.port`, number, portName(number)))
  } else refuse('may not be specified when `port` is not specified')
  return errors
}

function validatePeer(peer: Fields, path: string): FieldError[] {
  const errors: FieldError[] = []
  const given = ['podSelector', 'namespaceSelector', 'ipBlock'].filter((name) => isFields(peer[name]))
  for (const name of ['podSelector', 'namespaceSelector'])
    if (isFields(peer[name])) errors.push(...validateSelector(peer[name], `${path}.${name}`))
  if (isFields(peer['ipBlock'])) errors.push(...validateBlock(peer['ipBlock'], `${path}.ipBlock`))
  if (given.length === 0) errors.push(required(path, 'must specify a peer'))
  else if (given.length > 1 && isFields(peer['ipBlock']))
    errors.push(forbidden(path, 'may not specify both ipBlock and another peer'))
  return errors
}

function validateBlock(block: Fields, path: string): FieldError[] {
  const range = textOf(block['cidr'])
  if (range === '') return [required(`${path}.cidr`)]
  const complaints = cidr(range)
  if (complaints.length > 0) return invalidAll(`${path}.cidr`, range, complaints)
  return listOf(block['except']).flatMap((except, index) => {
    const field = `${path}.except[${index}]`
    const text = textOf(except)
    const wrong = cidr(text)
    if (wrong.length > 0) return invalidAll(field, text, wrong)
    return cidrWithin(text, range) ? [] : [invalid(field, text, 'must be a strict subset of `cidr`')]
  })
}
