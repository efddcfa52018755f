import { readFileSync } from 'node:fs'
import { Compile } from 'typebox/compile'
import type { TSchema } from 'typebox'
import { expect, test } from 'vitest'
import { DOWN_LIMITS, Decoder, encode, messageReader } from './codec.ts'

const lines = readFileSync(new URL('./testdata/frames-1.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
const earlier = JSON.parse(readFileSync(new URL('./testdata/messages-1.json', import.meta.url), 'utf8')) as {
  up: TSchema
  down: TSchema
}
const frames = (side: 'up' | 'down') =>
  lines.flatMap((line) =>
    line.startsWith(`${side} `) ? [[line.slice(side.length + 1, side.length + 60), line] as const] : [],
  )
const messageOf = (line: string): unknown => JSON.parse(line.slice(line.indexOf(' ') + 1))

test.each(frames('up'))('F-27: a hub takes what an earlier agent said: %s', (_start, line) => {
  expect(messageReader('up')(messageOf(line))).toEqual(messageOf(line))
})

test.each(frames('down'))('F-27: an agent takes what an earlier hub said: %s', (_start, line) => {
  const [frame = ''] = encode({ n: 's', s: 1, m: messageOf(line) })
  expect(messageReader('down')(new Decoder(DOWN_LIMITS).decode(frame)?.m)).toEqual(messageOf(line))
})

test('F-27: what is recorded is what was said then', () => {
  const checks = { up: Compile(earlier.up), down: Compile(earlier.down) }
  for (const side of ['up', 'down'] as const) {
    expect(frames(side).length).toBeGreaterThan(10)
    for (const [start, line] of frames(side)) expect(checks[side].Check(messageOf(line)), start).toBe(true)
  }
})
