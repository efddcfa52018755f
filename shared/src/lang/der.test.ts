import { expect, test } from 'vitest'
import * as der from './der.ts'

const hex = (value: Buffer): string => value.toString('hex')

test.each([
  ['a number', der.integer(Buffer.from([0x05])), '020105'],
  ['a number whose first bit is not its sign', der.integer(Buffer.from([0x80])), '02020080'],
  ['a number with nothing before it', der.integer(Buffer.from([0, 0, 7])), '020107'],
  ['zero', der.integer(Buffer.from([0, 0])), '020100'],
  ['bits', der.bits(Buffer.from([0xa0]), 5), '030205a0'],
  ['a name of parts beyond a byte', der.oid('1.2.840.10045.4.3.2'), '06082a8648ce3d040302'],
  ['a moment', der.time(Date.UTC(2049, 11, 31, 1, 2, 3)), `170d${hex(Buffer.from('491231010203Z'))}`],
  ['a moment that takes four digits', der.time(Date.UTC(2050, 0)), `180f${hex(Buffer.from('20500101000000Z'))}`],
  ['fields by number', der.explicit(3, der.implicit(2, Buffer.from('a'))), 'a303820161'],
  ['nothing and the truth', der.set(der.nothing, der.truth), '310505000101ff'],
])('%s', (_, written, wanted) => expect(hex(written)).toBe(wanted))

test.each([
  [127, '047f'],
  [128, '048180'],
  [256, '04820100'],
  [65_536, '0483010000'],
])('%s bytes, and back', (length, head) => {
  const contents = Buffer.alloc(length, 7)
  const written = der.octets(contents)
  expect(hex(written.subarray(0, written.length - length))).toBe(head)
  expect(der.contentsOf(written).equals(contents)).toBe(true)
  const parts = [written, der.utf8('x')]
  expect(der.children(der.contentsOf(der.sequence(...parts))).map(hex)).toEqual(parts.map(hex))
})
