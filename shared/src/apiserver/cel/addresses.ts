import { BlockList, isIP } from 'node:net'
import { CelScalar, celFunc, celMethod, isCelMap, type CelFunc, type CelInput } from '@bufbuild/cel'
import { dictionary } from '../../lang/dictionary.ts'

const { BOOL, DYN, INT, STRING } = CelScalar
const ipKey = '@ip'
const cidrKey = '@cidr'

const version = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6')
const bitsOf = (address: string): number => (isIP(address) === 4 ? 32 : 128)

function held(value: unknown, key: string): string {
  const text = isCelMap(value) ? value.get(key) : undefined
  if (typeof text !== 'string') throw new Error('no such overload')
  return text
}

/** An address that may be in a text or already be one. */
const addressOf = (value: unknown): string => (typeof value === 'string' ? value : held(value, ipKey))
const blockOf = (value: unknown): string => (typeof value === 'string' ? value : held(value, cidrKey))

function splitBlock(block: string): { readonly address: string; readonly bits: number } | undefined {
  const [address = '', length = '', more] = block.split('/')
  const bits = Number(length)
  const fits = isIP(address) !== 0 && /^\d+$/.test(length) && bits <= bitsOf(address) && more === undefined
  return fits ? { address, bits } : undefined
}

function within(block: string, address: string): boolean {
  const range = splitBlock(block)
  if (!range || isIP(range.address) !== isIP(address)) return false
  const list = new BlockList()
  list.addSubnet(range.address, range.bits, version(range.address))
  return list.check(address, version(address))
}

const oneOf =
  (...blocks: readonly string[]) =>
  (address: string): boolean =>
    blocks.some((block) => within(block, address))

/** Questions about an address, by the blocks in which it then is. */
const kinds: Readonly<Record<string, (address: string) => boolean>> = dictionary({
  isUnspecified: oneOf('0.0.0.0/32', '::/128'),
  isLoopback: oneOf('127.0.0.0/8', '::1/128'),
  isLinkLocalMulticast: oneOf('224.0.0.0/24', 'ff02::/16'),
  isLinkLocalUnicast: oneOf('169.254.0.0/16', 'fe80::/10'),
})
const isPrivateToNobody = oneOf('224.0.0.0/4', 'ff00::/8', '255.255.255.255/32')
const isGlobalUnicast = (address: string): boolean =>
  !isPrivateToNobody(address) &&
  !['isUnspecified', 'isLoopback', 'isLinkLocalUnicast'].some((kind) => kinds[kind]?.(address) ?? false)

/** IP addresses and blocks of them. */
export const addresses: CelFunc[] = [
  celFunc('isIP', [STRING], BOOL, (text) => isIP(text) !== 0),
  celFunc('isCIDR', [STRING], BOOL, (text) => splitBlock(text) !== undefined),
  celFunc('ip', [STRING], DYN, (text): CelInput => {
    if (isIP(text) === 0)
      throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string`)
    return new Map([[ipKey, text]])
  }),
  celFunc('cidr', [STRING], DYN, (text): CelInput => {
    if (!splitBlock(text))
      throw new Error(`network address parse error during conversion from string: ${JSON.stringify(text)}`)
    return new Map([[cidrKey, text]])
  }),
  celMethod('family', DYN, [], INT, function family(this: unknown) {
    return BigInt(isIP(addressOf(this)))
  }),
  ...Object.entries({ ...kinds, isGlobalUnicast }).map(([name, holds]) =>
    celMethod(name, DYN, [], BOOL, function is(this: unknown) {
      return holds(addressOf(this))
    }),
  ),
  celMethod('containsIP', DYN, [DYN], BOOL, function containsIP(this: unknown, address) {
    return within(blockOf(this), addressOf(address))
  }),
  celMethod('containsCIDR', DYN, [DYN], BOOL, function containsCIDR(this: unknown, other) {
    const [outer, inner] = [splitBlock(blockOf(this)), splitBlock(blockOf(other))]
    return (
      outer !== undefined && inner !== undefined && inner.bits >= outer.bits && within(blockOf(this), inner.address)
    )
  }),
  celMethod('prefixLength', DYN, [], INT, function prefixLength(this: unknown) {
    return BigInt(splitBlock(blockOf(this))?.bits ?? 0)
  }),
]
