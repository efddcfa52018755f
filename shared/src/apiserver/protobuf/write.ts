/** A varint. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  return Buffer.from([...bytes, rest])
}

/** A field of bytes: a string, or a message that has been written. */
export function bytesField(number: number, value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes])
}

/** A boolean field. */
export function boolField(number: number, value: boolean): Buffer {
  return Buffer.concat([varint(number << 3), varint(value ? 1 : 0)])
}
