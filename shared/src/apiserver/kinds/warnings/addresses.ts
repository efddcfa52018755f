import { isIPv4, isIPv6 } from 'node:net'
import { quoteGo } from '../../validation/field-errors.ts'
import { listOf, textOf } from '../../validation/values.ts'

const octets = (text: string): readonly number[] | undefined => {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined
  return parts.map(Number)
}

/** IPv6 as RFC 5952 writes it. */
function canonicalV6(text: string): string {
  const host = new URL(`http://[${text}]/`).hostname
  return host.slice(1, -1)
}

/** The IPv4 address within `::ffff:1.2.3.4`. */
function mappedV4(text: string): string | undefined {
  const match = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonicalV6(text))
  if (match === null) return undefined
  const [high, low] = [match[1], match[2]].map((part) => Number.parseInt(part ?? '', 16))
  return [(high ?? 0) >> 8, (high ?? 0) & 255, (low ?? 0) >> 8, (low ?? 0) & 255].join('.')
}

/** An address that is understood, but not written as it should be. */
export function addressWarnings(field: string, value: unknown): string[] {
  const text = textOf(value)
  if (isIPv4(text)) return []
  const loose = octets(text)
  const better = loose ? loose.join('.') : isIPv6(text) ? mappedV4(text) : undefined
  if (better !== undefined)
    return [`${field}: non-standard IP address ${quoteGo(text)} is invalid: use ${quoteGo(better)}`]
  if (!isIPv6(text) || canonicalV6(text) === text) return []
  return [
    `${field}: IPv6 address ${quoteGo(text)} should be in RFC 5952 canonical format (${quoteGo(canonicalV6(text))})`,
  ]
}

/** The same of each element of a list. */
export function addressListWarnings(field: string, values: unknown): string[] {
  return listOf(values).flatMap((value, index) => addressWarnings(`${field}[${index}]`, value))
}

/** A range of addresses that is understood, but has bits beyond its prefix or is not written as it should be. */
export function rangeWarnings(field: string, value: unknown): string[] {
  const text = textOf(value)
  const [address = '', length = ''] = text.split('/')
  const loose = octets(address)
  const bits = Number(length)
  if (loose === undefined) return rangeV6Warnings(field, text, address, bits)
  const masked = loose.map((octet, index) => octet & (0xff << Math.max(0, Math.min(8, 8 * (index + 1) - bits))) & 0xff)
  const network = `${masked.join('.')}/${bits}`
  if (masked.join('.') !== loose.join('.')) {
    const single = `${loose.join('.')}/32`
    const ambiguous = `${field}: CIDR value ${quoteGo(text)} is ambiguous in this context (should be ${quoteGo(network)} or ${quoteGo(single)}?)`
    return isIPv4(address) ? [ambiguous] : [ambiguous, nonStandard(field, text, network)]
  }
  return isIPv4(address) && String(bits) === length ? [] : [nonStandard(field, text, network)]
}

const nonStandard = (field: string, text: string, better: string): string =>
  `${field}: non-standard CIDR value ${quoteGo(text)} is invalid: use ${quoteGo(better)}`

function rangeV6Warnings(field: string, text: string, address: string, bits: number): string[] {
  if (!isIPv6(address)) return []
  const full = expandV6(canonicalV6(address))
  const masked = full.map(
    (group, index) => group & (0xffff << Math.max(0, Math.min(16, 16 * (index + 1) - bits))) & 0xffff,
  )
  const canonical = (groups: readonly number[]): string =>
    canonicalV6(groups.map((group) => group.toString(16)).join(':'))
  if (masked.join() !== full.join())
    return [
      `${field}: CIDR value ${quoteGo(text)} is ambiguous in this context (should be ${quoteGo(`${canonical(masked)}/${bits}`)} or ${quoteGo(`${canonical(full)}/128`)}?)`,
    ]
  const better = `${canonical(full)}/${bits}`
  return better === text
    ? []
    : [`${field}: IPv6 CIDR value ${quoteGo(text)} should be in RFC 5952 canonical format (${quoteGo(better)})`]
}

function expandV6(canonical: string): readonly number[] {
  const [head = '', tail] = canonical.split('::')
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const left = groups(head)
  const right = groups(tail ?? '')
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...Array.from({ length: zeros }, () => '0'), ...right].map((group) => Number.parseInt(group, 16))
}
