import { expect, it } from 'vitest'
import { evaluateExpr } from './evaluate.ts'

const app = {
  metadata: { name: 'web', labels: { tier: 'front', 'a/b': 'c' } },
  spec: { sources: [{ repoURL: 'x' }, { repoURL: 'y' }], replicas: 3 },
  status: { operationState: { phase: 'Succeeded' }, sync: { status: 'Synced' }, health: { status: 'Healthy' } },
}
const of = (source: string): unknown => evaluateExpr(source, { app, time: { Now: () => 1 } })

it.each([
  [`app.metadata.name == "web"`, true],
  [`app.status.operationState.phase in ['Succeeded', 'Running'] and app.status.health.status == 'Healthy'`, true],
  [`app.status.operationState != nil and app.status.operationState.phase not in ['Error']`, true],
  [`app.nothing == nil`, true],
  [`app.nothing?.deeper == nil`, true],
  [`app.nothing?.deeper ?? "none"`, 'none'],
  [`app.metadata.labels["a/b"]`, 'c'],
  [`any(app.spec.sources, {#.repoURL == "y"})`, true],
  [`all(app.spec.sources, .repoURL in ["x", "y"])`, true],
  [`map(app.spec.sources, {.repoURL})`, ['x', 'y']],
  [`app.spec.sources | filter(.repoURL != "x") | len()`, 1],
  [`len(app.spec.sources) > 1 ? "many" : "one"`, 'many'],
  [`app.spec.replicas * 2 + 1 == 7`, true],
  [`app.metadata.name matches "^w.b$"`, true],
  [`not (app.metadata.name contains "x")`, true],
  [`app.metadata.name not startsWith "x" && !false`, true],
  [`let n = app.spec.replicas; n ** 2`, 9],
  [`-2 + 5`, 3],
  [`1..3`, [1, 2, 3]],
  [`time.Now()`, 1],
  [`"tier" in app.metadata.labels`, true],
  [`{"a": 1, b: [2]}.b[0]`, 2],
  [`'it\\'s' + "\\u0041"`, "it'sA"],
  [`app.spec.sources[-1].repoURL`, 'y'],
  [`lower("ABC") + upper("d")`, 'abcD'],
])('%s', (source, expected) => expect(of(source)).toEqual(expected))

it.each([
  ['app.nothing.deeper', 'cannot fetch deeper from <nil>'],
  ['app.metadata.name and true', 'not bool'],
  ['1 +', 'unexpected token EOF'],
  ['app.spec.sources[9]', 'index out of range: 9'],
  ['nope()', 'unknown function nope'],
  // T-0C, T-19: nothing of JavaScript is at hand.
  ['constructor("x")', 'unknown function constructor'],
  ['toString()', 'unknown function toString'],
  ['app.constructor.constructor("return process")()', 'cannot fetch constructor from <nil>'],
  ['(1).constructor', 'cannot fetch constructor from int'],
  ['1 < "a"', 'invalid operation: int < string'],
  ['__proto__.x', 'cannot fetch x from <nil>'],
  ['app.constructor.name', 'cannot fetch name from <nil>'],
])('refuses %s', (source, words) => expect(() => of(source)).toThrow(words))

it('ends what would go on for very long', () => {
  expect(() => of('map(1..100000, all(1..100000, true))')).toThrow('takes too long')
  expect(() => of('1..1000000000')).toThrow('memory budget exceeded')
})
