/** Writes ASN.1 in its distinguished encoding: as much of it as a certificate needs. */

function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const length = contents.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(length)]), ...contents])
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff)
  return [0x80 | bytes.length, ...bytes]
}

export const sequence = (...parts: readonly Buffer[]): Buffer => element(0x30, ...parts)
export const set = (...parts: readonly Buffer[]): Buffer => element(0x31, ...parts)
export const octets = (bytes: Buffer): Buffer => element(0x04, bytes)
export const text = (value: string): Buffer => element(0x0c, Buffer.from(value))
export const truth = Buffer.from([0x01, 0x01, 0xff])

/** A whole number that is not negative, most significant byte first. */
export function integer(bytes: Buffer): Buffer {
  return element(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

/** Bits, of which the last so many are unused. */
export function bits(bytes: Buffer, unused = 0): Buffer {
  return element(0x03, Buffer.from([unused]), bytes)
}

/** A field that is known by its number: around a whole element, or in place of its tag. */
export const explicit = (number: number, inner: Buffer): Buffer => element(0xa0 | number, inner)
export const implicit = (number: number, contents: Buffer): Buffer => element(0x80 | number, contents)

/** `2.5.29.15` and the like. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift(0x80 | (rest & 0x7f))
  return bytes
}

/** A moment before 2050. */
export function utcTime(at: Date): Buffer {
  return element(0x17, Buffer.from(`${at.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`))
}
