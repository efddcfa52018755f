import { expect, test } from 'vitest'
import { runProgram, type Effect, type Surroundings } from './shell.ts'

function surroundings(): Surroundings {
  const files = new Map([
    ['/etc/hostname', 'web-0\n'],
    ['/config/a.txt', 'A'],
  ])
  return { env: { PATH: '/bin', NAME: 'World' }, files, cwd: '/', hostname: 'web-0', now: () => 0 }
}

/** Runs to the end, feeding lines of input. */
function result(argv: string[], input: string[] = []): { code: number; out: string; err: string; effects: Effect[] } {
  const process = runProgram(argv, surroundings())
  const seen = { code: 0, out: '', err: '', effects: [] as Effect[] }
  let next = process.next()
  while (!next.done) {
    const effect = next.value
    seen.effects.push(effect)
    if (effect.kind === 'out') seen.out += effect.text
    if (effect.kind === 'err') seen.err += effect.text
    next = process.next(effect.kind === 'read' ? input.shift() : undefined)
  }
  return { ...seen, code: next.value }
}

test.each<[string, string, number]>([
  ['echo hello', 'hello\n', 0],
  ['echo "a  $NAME" \'$NAME\'', 'a  World $NAME\n', 0],
  ['exit 3; echo never', '', 3],
  ['false || echo other && echo more', 'other\nmore\n', 0],
  ['false && echo no; echo $?', '1\n', 0],
  ['X=1; export Y=2; echo $X$Y ${Z:-z}', '12 z\n', 0],
  ['echo one > /tmp/f; echo two >> /tmp/f; cat /tmp/f', 'one\ntwo\n', 0],
  ['cat /config/a.txt | cat', 'A', 0],
  ['cd /config && ls && pwd', 'a.txt\n/config\n', 0],
  ['# nothing\ntrue', '', 0],
  ['cat /none 2>&1 | cat', 'cat: /none: No such file or directory\n', 0],
  ['cat /none 2>/dev/null; echo a2>/tmp/f; cat /tmp/f', 'a2\n', 0],
  ['echo x >&2', '', 0],
])('sh -c %j', (script, out, code) => {
  expect(result(['sh', '-c', script])).toMatchObject({ out, code })
})

test('what is not there is said where it is missed', () => {
  expect(result(['cat', '/none'])).toMatchObject({ err: 'cat: /none: No such file or directory\n', code: 1 })
  expect(result(['sh', '-c', 'nothing'])).toMatchObject({ err: 'sh: nothing: not found\n', code: 127 })
  expect(result(['sh', '-c', 'echo "x'])).toMatchObject({ code: 2 })
})

test('an interactive shell runs line by line until its input ends, or it is told to', () => {
  expect(result(['sh'], ['echo a\n', 'cd /config\n', 'pwd\n'])).toMatchObject({ out: 'a\n/config\n', code: 0 })
  expect(result(['/bin/sh'], ['exit 4\n', 'echo b\n'])).toMatchObject({ out: '', code: 4 })
})

test('sleeping is an effect, not a wait', () => {
  const { effects } = result(['sh', '-c', 'sleep 90; sleep 2m'])
  expect(effects).toEqual([
    { kind: 'sleep', ms: 90_000 },
    { kind: 'sleep', ms: 120_000 },
  ])
})
