/** ASN.1 in its distinguished encoding: as much of it as certificates need. */
function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const length = contents.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(length)]), ...contents])
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff)
  return [0x80 | bytes.length, ...bytes]
}

export const sequence = (...parts: readonly Buffer[]): Buffer => element(0x30, ...parts)
export const set = (...parts: readonly Buffer[]): Buffer => element(0x31, ...parts)
export const octets = (bytes: Buffer): Buffer => element(0x04, bytes)
export const utf8 = (value: string): Buffer => element(0x0c, Buffer.from(value))
export const truth = element(0x01, Buffer.from([0xff]))
export const nothing = element(0x05)

/** A whole number that is not negative, most significant byte first; the first bit written is its sign. */
export function integer(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0)
  const digits = first < 0 ? Buffer.from([0]) : bytes.subarray(first)
  return element(0x02, ...((digits[0] ?? 0) >= 0x80 ? [Buffer.from([0])] : []), digits)
}

/** Bits, of which the last so many are unused. */
export function bits(bytes: Buffer, unused = 0): Buffer {
  return element(0x03, Buffer.from([unused]), bytes)
}

/** A field that is known by its number: around whole elements, or in place of its tag. */
export const explicit = (number: number, ...inner: readonly Buffer[]): Buffer => element(0xa0 | number, ...inner)
export const implicit = (number: number, contents: Buffer): Buffer => element(0x80 | number, contents)

/** `2.5.29.15` and the like. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift(0x80 | (rest & 0x7f))
  return bytes
}

/** A moment, in milliseconds since the epoch. Years that two digits cannot tell are written with four. */
export function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replace(/\.\d+|[-:T]/g, '')
  return at < Date.UTC(2050, 0) ? element(0x17, Buffer.from(digits.slice(2))) : element(0x18, Buffer.from(digits))
}

/** What an element holds. */
export function contentsOf(piece: Buffer): Buffer {
  const { start, end } = extentOf(piece)
  return piece.subarray(start, end)
}

/** The elements that stand one after the other. */
export function children(contents: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let rest = contents; rest.length > 1;) {
    const { end } = extentOf(rest)
    found.push(rest.subarray(0, end))
    rest = rest.subarray(end)
  }
  return found
}

/** Where the contents of the first element begin and end. */
function extentOf(bytes: Buffer): { start: number; end: number } {
  const size = bytes[1] ?? 0
  if (size < 0x80) return { start: 2, end: 2 + size }
  const start = 2 + (size & 0x7f)
  return { start, end: start + bytes.readUIntBE(2, size & 0x7f) }
}

export function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
