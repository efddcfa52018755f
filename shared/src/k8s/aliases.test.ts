import { expect, test } from 'vitest'
import { parseYaml, parseYamlDocuments, readYamlStream } from './yaml.ts'

const excessive = 'document contains excessive aliasing'
const laughs = ['a: &a [x, x, x, x, x, x, x, x, x]']
for (const [index, name] of Array.from('bcdefghi').entries()) {
  const before = 'abcdefghi'[index] ?? ''
  laughs.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`)
}

test.each([
  ['a billion laughs', laughs.join('\n'), excessive],
  ['one within itself', `a: &a [*a]`, /./],
  [
    'a large one many times',
    `a: &a [${Array(2_000).fill('x').join(', ')}]\nb: [${Array(3_000).fill('*a').join(', ')}]`,
    excessive,
  ],
  [
    'merges of merges',
    Array.from({ length: 40 }, (_, n) => `k${n}: &k${n} {${n > 0 ? `a: *k${n - 1}, b: *k${n - 1}` : 'x: 1'}}`).join(
      '\n',
    ),
    excessive,
  ],
  ['brackets without end', '['.repeat(100_000), /./],
  ['maps without end', `${'{a: '.repeat(20_000)}1${'}'.repeat(20_000)}`, /./],
  ['code', 'a: !!js/function "function () { return 1 }"', /./],
])('T-18: %s is refused in a moment', (_, text, words) => {
  const began = performance.now()
  for (const read of [parseYaml, parseYamlDocuments, (given: string) => [...readYamlStream(given)]])
    expect(() => read(text)).toThrow(words)
  expect(performance.now() - began).toBeLessThan(10_000)
})

test('T-18: aliases that people write are read', () => {
  const text = `base: &base {image: x, env: [{name: a}]}\n${Array.from({ length: 200 }, (_, n) => `c${n}: {<<: *base, count: ${n}}`).join('\n')}\nall: [*base, *base]`
  expect(parseYaml(text)).toMatchObject({
    c199: { image: 'x', count: 199 },
    all: [{ image: 'x' }, { env: [{ name: 'a' }] }],
  })
})
