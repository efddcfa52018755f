import { expect, test } from 'vitest'
import { linesOf } from './lines.ts'

test('the lines of a stream are whole, however it is cut', async () => {
  const bytes = Buffer.from('{"a":"ä"}\n\n{"b":1}\nlast')
  for (let size = 1; size <= bytes.length; size++) {
    async function* chunks() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    }
    const lines: string[] = []
    for await (const line of linesOf(chunks())) lines.push(line)
    expect(lines).toEqual(['{"a":"ä"}', '{"b":1}', 'last'])
  }
})
