import { load } from 'js-yaml'
import { expect, test } from 'vitest'
import { toYaml } from './print.ts'

test('writes YAML as Go does', () => {
  const value = {
    n: 'n',
    texts: ['1', '0x1', '1e3', 'true', 'on', '', '~', 'null', '2026-01-01', '-', '*x', 'a: b', "it's", 'a'],
    plain: [1, 0, -1.5, true, false, null, {}, []],
    lines: 'a\nb\n',
  }
  const text = toYaml(value)
  expect(text).toBe(
    [
      'lines: |',
      '  a',
      '  b',
      '"n": "n"',
      'plain:',
      ...['1', '0', '-1.5', 'true', 'false', 'null', '{}', '[]'].map((each) => `- ${each}`),
      'texts:',
      ...['"1"', '"0x1"', '"1e3"', '"true"', '"on"', '""', '"~"', '"null"', '"2026-01-01"'].map((each) => `- ${each}`),
      ...["'-'", "'*x'", "'a: b'", "it's", 'a'].map((each) => `- ${each}`),
      '',
    ].join('\n'),
  )
  expect(load(text)).toEqual(value)
})
