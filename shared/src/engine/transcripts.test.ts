import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { commands } from './testing/commands.ts'
import { readTranscript } from './transcript.ts'

/** These have runners of their own. */
const apart = new Set(['normalization.txt', 'operation.txt'])
const folder = path.join(import.meta.dirname, 'testdata')

for (const file of readdirSync(folder).filter((name) => name.endsWith('.txt') && !apart.has(name))) {
  const steps = readTranscript(readFileSync(path.join(folder, file), 'utf8'))
  describe(file, () => {
    test.each(steps.map((step) => [`${step.title} (line ${step.line})`, step] as const))('%s', (_, step) => {
      const run = commands[step.command]
      if (!run) throw new Error(`${file}:${step.line}: no command ${step.command}`)
      expect(run(step.args, step.input)).toBe(step.expected)
    })
  })
}
