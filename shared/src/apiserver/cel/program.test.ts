import { describe, expect, test } from 'vitest'
import { CelCompileError, compile } from './program.ts'
import { toCel } from './values.ts'

const object = toCel({
  metadata: { name: 'okay', labels: { a: 'b' } },
  spec: { replicas: 3, list: ['a', 'b'], cpu: '500m', empty: null },
})
const evaluate = (expression: string): unknown => {
  const outcome = compile(expression, ['object'])({ object })
  return 'value' in outcome ? outcome.value : outcome.error
}

describe('optional values', () => {
  test.each([
    ["object.?data.orValue('x')", 'x'],
    ["object.metadata.?labels['a'].orValue('n')", 'b'],
    ["object.metadata.labels[?'q'].orValue('w')", 'w'],
    ['object.spec.list[?5].hasValue()', false],
    ['object.?spec.?replicas.optMap(r, r * 2).orValue(0)', 6n],
    ['object.?none.optMap(r, r * 2).orValue(0)', 0n],
    ['optional.of(3).value()', 3n],
    ['optional.none().or(optional.of(4)).value()', 4n],
    ["object.?data.?x.orValue('?')", '?'],
  ])('%s', (expression, value) => expect(evaluate(expression)).toEqual(value))
})

describe('functions of Kubernetes', () => {
  test.each([
    ['[1, 2].sum() == 3 && [2, 1].min() == 1 && [1, 2].isSorted()', true],
    ["object.spec.list.indexOf('b')", 1n],
    ["'abc-12'.find('[0-9]+')", '12'],
    ["'a1b2'.findAll('[0-9]').join(',')", '1,2'],
    ["quantity(object.spec.cpu).isLessThan(quantity('1'))", true],
    ["quantity('1Gi').add(quantity('1Gi')).compareTo(quantity('2Gi'))", 0n],
    ["isQuantity('x')", false],
    ["url('https://a.b:8/x?y').getHost()", 'a.b:8'],
    ["isURL('no url')", false],
    ["isIP('10.0.0.1') && isCIDR('10.0.0.0/8') && !isIP('x')", true],
    ["ip('10.1.2.3').family() == 4 && !ip('10.1.2.3').isLoopback() && ip('::1').isLoopback()", true],
    ["cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", true],
    ["cidr('10.0.0.0/8').prefixLength()", 8n],
    ["format.dns1123Label().validate('a-b').hasValue()", false],
    ["format.dns1123Label().validate('A_B').value().size()", 1n],
    ["format.named('uuid').value().validate('x').hasValue()", true],
    ['sets.contains([1, 2], [1])', true],
    ['cel.bind(x, 2, x * x)', 4n],
  ])('%s', (expression, value) => expect(evaluate(expression)).toEqual(value))
})

describe('what goes wrong', () => {
  test.each([
    ['object.data.x', 'no such key: data'],
    ["object.spec.replicas < 'a'", 'no such overload'],
    ['optional.none().value()', 'optional.none() dereference'],
  ])('%s', (expression, why) => expect(evaluate(expression)).toBe(why))

  test('names that nobody declared are told with their place', () => {
    expect(() => compile('1 == 1 &&\n foo.bar', ['object'])).toThrow(
      "compilation failed: ERROR: <input>:2:2: undeclared reference to 'foo' (in container '')\n |  foo.bar\n | .^",
    )
    expect(() => compile('(1', [])).toThrow(CelCompileError)
    expect(() => compile('object.x >', ['object'])).toThrow(
      "ERROR: <input>:1:11: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | object.x >\n | ..........^",
    )
    expect(() => compile("object.name.startWith('a') && f(1)", ['object'])).toThrow(
      "compilation failed: ERROR: <input>:1:22: undeclared reference to 'startWith' (in container '')\n | object.name.startWith('a') && f(1)\n | .....................^\nERROR: <input>:1:32: undeclared reference to 'f' (in container '')",
    )
    expect(() => compile('[1].all(x, x > 0) && cel.bind(y, 1, y > 0)', [])).not.toThrow()
  })
})
