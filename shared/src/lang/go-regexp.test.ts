import { expect, it } from 'vitest'
import { goRegexp } from './go-regexp.ts'

const all = (source: string, text: string) => [...goRegexp(source).matches(text)].map((match) => match.text)

it('finds what Go finds', () => {
  expect(all('a*', 'baaac')).toEqual(['', 'aaa', ''])
  expect(all('^a', 'aaa')).toEqual(['a'])
  expect(all('(?i)B+', 'abBBa')).toEqual(['bBB'])
  expect(all(String.raw`\bfoo\b`, 'foo food foo')).toEqual(['foo', 'foo'])
  expect(all('', 'a😀b')).toEqual(['', '', '', ''])
  expect(all('[[:alpha:]]+', 'ab1cd')).toEqual(['ab', 'cd'])
})

it('tells what groups hold, by number and by name', () => {
  const expression = goRegexp('(?P<key>[a-z]+)=([0-9]+)?')
  const [match] = expression.matches('x a=')
  expect(match?.groups).toEqual(['a=', 'a', undefined])
  expect(expression.group('key')).toBe(1)
})

it('says what is wrong with an expression that is none, in the words of Go', () => {
  expect(() => goRegexp('a(b')).toThrow('error parsing regexp: missing closing ): `a(b`')
  expect(() => goRegexp('(?=a)')).toThrow('error parsing regexp: ')
})

it('T-39: takes no longer over an expression that is meant to take long', () => {
  const before = process.cpuUsage().user
  expect(goRegexp('^(a+)+$').test(`${'a'.repeat(5000)}!`)).toBe(false)
  expect(goRegexp('(.*)*x').test('a'.repeat(5000))).toBe(false)
  expect(process.cpuUsage().user - before).toBeLessThan(2_000_000)
})
