import { expect, test } from 'vitest'
import { canonicalQuantity, parseQuantity } from './quantity.ts'

test.each([
  ['1024Mi', '1Gi'],
  ['0.5', '500m'],
  [2, '2'],
  ['1e9', '1e9'],
  ['100m', '100m'],
  ['1000m', '1'],
  ['-1Mi', '-1Mi'],
  ['0', '0'],
  ['1.5Gi', '1536Mi'],
  ['01', '01'],
  ['+1', '+1'],
  ['1.', '1.'],
  ['1.500', '1.500'],
  ['1.5000', '1500m'],
  ['9Ki', '9Ki'],
  ['0.001', '1m'],
])('%s is written %s', (input, expected) => {
  expect(canonicalQuantity(input)).toBe(expected)
})

test('what is no quantity is refused', () => {
  for (const text of ['', 'x', '1 Gi', '1GiB', '--1']) expect(parseQuantity(text)).toBeUndefined()
})
