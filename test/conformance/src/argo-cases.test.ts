import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { answerers } from './answers.ts'
import { readCases, readExceptions, withoutName } from './cases.ts'
import { answerCase } from './door.ts'
import { orderedBy } from '@flotilla/shared/lang/order'

const root = path.join(import.meta.dirname, '../testdata/argo-cases')
const exceptions = readExceptions(root)

/** Topics whose answers compare one by one, letter by letter; others have drivers of their own. */
const topics = [
  'actions',
  'appset',
  'diff',
  'gotemplate',
  'health',
  'ignore-differences',
  'projects',
  'rbac',
  'rendering',
]
/** Topics whose lists are sets. */
const unordered: ReadonlySet<string> = new Set(['appset'])

function comparable(topic: string, answer: unknown): unknown {
  const { output } = answer as { output?: unknown }
  if (!unordered.has(topic) || !Array.isArray(output)) return answer
  const nameOf = (item: unknown): string => (item as { metadata?: { name?: string } }).metadata?.name ?? ''
  return { output: output.toSorted(orderedBy(nameOf)) }
}

describe.each(topics)('%s, as Argo CD answers', async (topic) => {
  const cases = readCases(root, topic)
  const make = answerers[topic]
  const answerer = await make?.()
  it.each(cases.map((one) => [one.input.case, one] as const))('%s', async (name, { input, recorded }) => {
    const answer = answerer ? comparable(topic, withoutName(await answerCase(answerer, input))) : undefined
    const expected = comparable(topic, recorded)
    const reason = exceptions[topic]?.[name]
    if (reason === undefined) expect(answer).toEqual(expected)
    else expect(answer, `is right now, so it is no exception any more: ${reason}`).not.toEqual(expected)
  })
})
