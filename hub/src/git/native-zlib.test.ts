import pako from 'pako'
import { deflateSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { useNativeZlib } from './native-zlib.ts'

interface Library {
  inflate(bytes: Uint8Array): Uint8Array
  deflate(bytes: Uint8Array): Uint8Array
  Inflate: new () => {
    push(chunk: Uint8Array, last: boolean): void
    result: Uint8Array | undefined
    err: number
    msg: string
    strm: { avail_in: number }
  }
}

const text = Buffer.from('apiVersion: v1\n'.repeat(1000))
const both = Buffer.concat([deflateSync(text), Buffer.from('what follows')])

it('reads one object from a chunk that holds more, as pako does, and says how much is left', () => {
  const used = (library: Library) => {
    const inflate = new library.Inflate()
    inflate.push(both, false)
    return { text: Buffer.from(inflate.result ?? []), left: inflate.strm.avail_in, err: inflate.err }
  }
  const before = used(pako as Library)
  const whole = Buffer.from((pako as Library).inflate(both))
  useNativeZlib()
  expect(used(pako as Library)).toEqual(before)
  expect(before).toEqual({ text, left: 12, err: 0 })
  expect((pako as Library).inflate(both)).toEqual(whole)
  expect((pako as Library).inflate((pako as Library).deflate(text))).toEqual(text)
})

it('says of bytes that are no object, or end too early, that they are none', () => {
  useNativeZlib()
  for (const bytes of [Buffer.from('no zlib at all'), both.subarray(0, 20)]) {
    const inflate = new (pako as Library).Inflate()
    inflate.push(bytes, false)
    expect(inflate.result).toBeUndefined()
    expect(inflate.err).not.toBe(0)
    expect(inflate.msg).not.toBe('')
    expect(() => (pako as Library).inflate(bytes)).toThrow()
  }
})
