import { describe, expect, it } from 'vitest'
import { typeComplaint } from './rule-types.ts'

const schema = {
  type: 'object',
  properties: {
    a: { type: 'string' },
    n: { type: 'integer' },
    o: { type: 'object', properties: { b: { type: 'boolean' } } },
  },
}
const at = (expression: string, column: number, why: string): string =>
  `compilation failed: ERROR: <input>:1:${column}: ${why}\n | ${expression}\n | ${'.'.repeat(column - 1)}^`

describe('the types of a rule', () => {
  it.each([
    'self.n > 1',
    'self.o.b',
    'has(self.a) && self.a == "x"',
    'self.a.size() > 0',
    'self.n < 1.5',
    'self.n == oldSelf.n',
    '!has(self.o) || self.o.b == true',
    'self.a.matches("x") ? self.o.b : self.n > 2',
  ])('allow %s', (rule) => {
    expect(typeComplaint(rule, schema, false)).toBeUndefined()
  })

  it.each([
    ['self.b.size() > 0', 5, "undefined field 'b'"],
    ['self.a.foo == 1', 7, "type 'string' does not support field selection"],
    ['self.n == "x"', 8, "found no matching overload for '_==_' applied to '(int, string)'"],
    ['self.a > 5', 8, "found no matching overload for '_>_' applied to '(string, int)'"],
  ])('refuse %s', (rule, column, why) => {
    expect(typeComplaint(rule, schema, false)).toBe(at(rule, column, why))
  })

  it('ask for a condition', () => {
    expect(typeComplaint('self.a', schema, false)).toBe('cel expression must evaluate to a bool')
  })

  it('leave open what a schema leaves open', () => {
    const open = { ...schema, 'x-kubernetes-preserve-unknown-fields': true }
    expect(typeComplaint('self.b.size() > 0', open, false)).toBeUndefined()
    expect(typeComplaint('self.metadata.name == "x"', schema, true)).toBeUndefined()
  })
})
