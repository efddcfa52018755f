/** Pieces of DER, as certificates are written in it. */
export function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

export function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, ...parts)
}

/** A number of which the first bit is its sign. */
export function integer(value: Buffer): Buffer {
  const first = value.findIndex((byte) => byte !== 0)
  const bytes = first < 0 ? Buffer.from([0]) : value.subarray(first)
  return tagged(0x02, (bytes[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = rest.flatMap((part) => {
    const groups = [part & 0x7f]
    for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80)
    return groups
  })
  return tagged(0x06, Buffer.from([first * 40 + second, ...bytes]))
}

export function bits(value: Buffer, unused = 0): Buffer {
  return tagged(0x03, Buffer.from([unused]), value)
}

export function octets(value: Buffer): Buffer {
  return tagged(0x04, value)
}

export function text(tag: number, value: string): Buffer {
  return tagged(tag, Buffer.from(value))
}

export function utf8(value: string): Buffer {
  return text(0x0c, value)
}

/** Years that two digits cannot tell are written with four. */
export function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replace(/\.\d+|[-:T]/g, '')
  return at < Date.UTC(2050, 0) ? text(0x17, digits.slice(2)) : text(0x18, digits)
}

/** What a piece holds. */
export function bytesOf(piece: Buffer): Buffer {
  return piece.subarray(headOf(piece))
}

/** The pieces that stand one after the other. */
export function children(content: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let rest = content; rest.length > 1;) {
    const end = headOf(rest) + lengthOf(rest)
    found.push(rest.subarray(0, end))
    rest = rest.subarray(end)
  }
  return found
}

function headOf(piece: Buffer): number {
  const size = piece[1] ?? 0
  return size < 128 ? 2 : 2 + (size & 0x7f)
}

function lengthOf(piece: Buffer): number {
  const size = piece[1] ?? 0
  return size < 128 ? size : piece.readUIntBE(2, size & 0x7f)
}

export function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
