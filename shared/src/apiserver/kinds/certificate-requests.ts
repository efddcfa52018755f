import type { KubeObject } from '../../k8s/object.ts'
import type { FieldError, KindStrategy, WriteContext } from '../strategy.ts'
import { invalid, notSupported, required } from '../validation/field-errors.ts'
import { dnsSubdomain } from '../validation/names.ts'
import { childOf, fieldsList, fieldsOf, listOf, numberOf, textOf, type Fields } from '../validation/values.ts'

const usages =
  'any;cert sign;client auth;code signing;content commitment;crl sign;data encipherment;decipher only;digital signature;email protection;encipher only;ipsec end system;ipsec tunnel;ipsec user;key agreement;key encipherment;microsoft sgc;netscape sgc;ocsp signing;s/mime;server auth;signing;timestamping'.split(
    ';',
  )

/** CertificateSigningRequest: says itself who asks; its status is written by who approves and who signs. */
export const certificateRequestStrategy: KindStrategy = {
  prepare(next, previous, context) {
    if (previous === undefined) prepareNew(next, context)
    else prepareChanged(next, previous, context)
  },
  validate: (next, _, { subresource }) => (subresource === undefined ? validate(fieldsOf(next['spec'])) : []),
}

function prepareNew(next: KubeObject, { actor }: WriteContext): void {
  const { username: _, uid: __, groups: ___, extra: ____, ...asked } = childOf(next, 'spec')
  next['spec'] = {
    ...asked,
    username: actor.user,
    ...(actor.uid === undefined ? {} : { uid: actor.uid }),
    ...(actor.groups.length > 0 ? { groups: [...actor.groups] } : {}),
    ...(actor.extra ? { extra: structuredClone(actor.extra) } : {}),
  }
  next['status'] = {}
}

const verdicts = new Set(['Approved', 'Denied'])

/** Approval changes verdicts alone, status all but them. */
function prepareChanged(next: KubeObject, previous: KubeObject, { subresource, now }: WriteContext): void {
  next['spec'] = structuredClone(previous['spec'])
  const old = fieldsOf(previous['status'])
  const given = fieldsOf(next['status'])
  if (subresource !== 'approval' && subresource !== 'status') {
    next['status'] = structuredClone(old)
    return
  }
  const approves = subresource === 'approval'
  const mine = (condition: Fields): boolean => verdicts.has(textOf(condition['type'])) === approves
  const conditions = [
    ...fieldsList(old['conditions']).filter((condition) => !mine(condition)),
    ...fieldsList(given['conditions']).filter(mine),
  ].map((condition): Fields => ({
    ...condition,
    lastUpdateTime: condition['lastUpdateTime'] ?? now,
    lastTransitionTime: condition['lastTransitionTime'] ?? now,
  }))
  const { conditions: _, ...rest } = approves ? old : given
  next['status'] = { ...rest, ...(conditions.length > 0 ? { conditions } : {}) }
}

function validate(spec: Fields): FieldError[] {
  return [
    ...validateRequest(textOf(spec['request'])),
    ...validateUsages(listOf(spec['usages']).map(textOf)),
    ...validateSigner(textOf(spec['signerName'])),
    ...validateExpiration(numberOf(spec['expirationSeconds'])),
  ]
}

function validateRequest(encoded: string): FieldError[] {
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  if (/-----BEGIN CERTIFICATE REQUEST-----[^]+-----END CERTIFICATE REQUEST-----/.test(text)) return []
  return [invalid('spec.request', encoded, 'PEM block type must be CERTIFICATE REQUEST')]
}

function validateUsages(given: readonly string[]): FieldError[] {
  if (given.length === 0) return [required('spec.usages')]
  return given.flatMap((usage, index) =>
    usages.includes(usage) ? [] : [notSupported(`spec.usages[${index}]`, usage, usages)],
  )
}

function validateSigner(name: string): FieldError[] {
  const field = 'spec.signerName'
  if (name === '') return [required(field)]
  if (name === 'kubernetes.io/legacy-unknown')
    return [invalid(field, name, 'the legacy signerName is not allowed via this API version')]
  const [domain = '', path = '', ...more] = name.split('/')
  if (path === '' || more.length > 0)
    return [invalid(field, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")]
  if (dnsSubdomain(domain).length > 0 || !domain.includes('.'))
    return [invalid(field, domain, 'should be a domain with at least two segments separated by dots')]
  return dnsSubdomain(path).map((why) => invalid(field, path, why))
}

function validateExpiration(seconds: number | undefined): FieldError[] {
  if (seconds === undefined || seconds >= 600) return []
  return [invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 600 seconds (10 minutes)')]
}
