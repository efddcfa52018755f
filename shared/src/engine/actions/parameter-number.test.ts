import { expect, test } from 'vitest'
import { parameterNumber } from './parameter-number.ts'

test.each([
  ['5', 5],
  [' 3 ', 3],
  ['0x10', 16],
  ['010', 10],
  ['3.0e2', 300],
  ['5.5', 5.5],
])('%s', (text, number) => expect(parameterNumber(text)).toBe(number))

test.each(['', 'five', '3e2', '1_0', 'inf', '1e400', '0x'])('%s is no number', (text) => {
  expect(() => parameterNumber(text)).toThrow(`invalid number: ${text}`)
})
