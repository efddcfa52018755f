import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { answerers } from './answers.ts'
import { readCases, readExceptions, withoutName } from './cases.ts'
import { answerCase } from './door.ts'

const root = path.join(import.meta.dirname, '../testdata/argo-cases')
const exceptions = readExceptions(root)

/** Topics whose answers compare one by one, letter by letter; others have drivers of their own. */
const topics = ['actions', 'diff', 'health', 'ignore-differences', 'projects', 'rendering']

describe.each(topics)('%s, as Argo CD answers', async (topic) => {
  const cases = readCases(root, topic)
  const make = answerers[topic]
  const answerer = await make?.()
  it.each(cases.map((one) => [one.input.case, one] as const))('%s', async (name, { input, recorded }) => {
    const answer = answerer ? withoutName(await answerCase(answerer, input)) : undefined
    const reason = exceptions[topic]?.[name]
    if (reason === undefined) expect(answer).toEqual(recorded)
    else expect(answer, `is right now, so it is no exception any more: ${reason}`).not.toEqual(recorded)
  })
})
