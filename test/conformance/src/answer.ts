import { createInterface } from 'node:readline'
import { answerers } from './answers.ts'
import { answerCase } from './door.ts'

/** Cases in, answers out, one JSON line each: `npm run -s answer -- --topic diff < inputs.jsonl`. */
async function main(): Promise<void> {
  const at = process.argv.indexOf('--topic')
  const topic = at < 0 ? undefined : process.argv[at + 1]
  const make = topic === undefined ? undefined : answerers[topic]
  if (!make) {
    process.stderr.write(`usage: answer --topic (${Object.keys(answerers).join(' | ')}) < inputs.jsonl\n`)
    process.exit(2)
  }
  const answerer = await make()
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue
    process.stdout.write(`${JSON.stringify(await answerCase(answerer, JSON.parse(line) as never))}\n`)
  }
}

await main()
