/** One field of a message as it came: its number, and a varint, a fixed number or bytes. */
export interface WireField {
  readonly number: number
  readonly value: bigint | Buffer
}

/** Reads the fields of a protobuf message in order. Throws a `RangeError` where the bytes end too early. */
export function* wireFields(bytes: Buffer): Generator<WireField> {
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
  }
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError('a protobuf message ends too early')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const number = tag >>> 3
    switch (tag & 7) {
      case 0:
        yield { number, value: varint() }
        break
      case 1:
        yield { number, value: take(8) }
        break
      case 2:
        yield { number, value: take(Number(varint())) }
        break
      case 5:
        yield { number, value: take(4) }
        break
      default:
        throw new RangeError(`a protobuf message has a field of unknown wire type ${tag & 7}`)
    }
  }
}
