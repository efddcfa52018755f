import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Decoder, FRAME_CHARS, ProtocolViolation, UP_LIMITS, deeperThan, encode } from './codec.ts'
import { Outbox } from './outbox.ts'
import { Session } from './session.ts'

test('what is encoded is decoded, however long', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 200_000 }), (text, length) => {
      const envelope = { n: 's', s: 1, a: 0, m: { text: text.padEnd(length, '😀') } }
      const frames = encode(envelope)
      for (const frame of frames) expect(frame.length).toBeLessThanOrEqual(FRAME_CHARS)
      const decoder = new Decoder(UP_LIMITS)
      // As the wire carries it: each frame on its own as UTF-8.
      const decoded = frames.map((frame) => decoder.decode(Buffer.from(frame).toString())).at(-1)
      expect(decoded).toEqual(JSON.parse(Buffer.from(JSON.stringify(envelope)).toString()))
    }),
    { numRuns: 50 },
  )
})

test('whatever comes is decoded or is a violation', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string(), fc.json(), fc.constant('>0/2:{"m":'), fc.constant('>1/2:1}'))),
      (frames) => {
        const decoder = new Decoder({ messageChars: 1000, depth: 5 })
        for (const frame of frames) {
          try {
            decoder.decode(frame)
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolViolation)
            return
          }
        }
      },
    ),
  )
})

test('depth counts brackets outside of strings', () => {
  expect(deeperThan('[[["]]][[[[[["]]]', 3)).toBe(false)
  expect(deeperThan('[[[[]]]]', 3)).toBe(true)
  expect(deeperThan(String.raw`["\"[[[[["]`, 1)).toBe(false)
})

test('F-14: duplicates, gaps and frames of another session are told apart', () => {
  const here = new Session('s')
  const there = new Session('s')
  const first = here.number('a')
  const second = here.number('b')
  const third = here.number('c')
  expect(there.arrive(first)).toBe('fresh')
  expect(there.arrive(first)).toBe('duplicate')
  expect(there.arrive(third)).toBe('gap')
  expect(there.arrive(second)).toBe('fresh')
  expect(there.arrive({ ...third, n: 'other' })).toBe('foreign')
  there.done(2)
  expect(there.owesAck).toBe(false)
  there.done(1)
  expect(there.owesAck).toBe(true)
  here.arrive(there.ack())
  expect(here.acknowledged).toBe(2)
  expect(there.owesAck).toBe(false)
  expect(here.arrive({ n: 's', a: 9 })).toBe('gap')
})

test('an outbox says the last word of each key, whatever is cut and when', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ do: fc.constant('offer' as const), key: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ do: fc.constantFrom('send' as const, 'ack' as const, 'cut' as const), key: fc.constant('') }),
    ),
  )
  fc.assert(
    fc.property(steps, (script) => {
      const outbox = new Outbox<number>()
      const wanted = new Map<string, number>()
      const received = new Map<string, number>()
      let sent = 0
      let value = 0
      const send = (arrives: boolean): void => {
        const batch = outbox.take(2)
        if (batch.size === 0) return
        outbox.sent(++sent, batch)
        if (arrives) for (const [key, item] of batch) received.set(key, item)
      }
      for (const step of script) {
        if (step.do === 'offer') {
          wanted.set(step.key, ++value)
          outbox.offer(step.key, value)
        } else if (step.do === 'send') send(true)
        else if (step.do === 'ack') outbox.acknowledge(sent)
        else {
          send(false)
          outbox.reset()
          sent = 0
        }
        expect(outbox.waiting).toBeLessThanOrEqual(3)
      }
      while (outbox.waiting > 0) send(true)
      expect(received).toEqual(wanted)
    }),
  )
})
