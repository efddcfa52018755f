import { jsonStreamError } from '../../lang/go-json-error.ts'
import { goYamlProblem } from './problem.ts'

/**
 * What Kubernetes' decoder for streams of YAML or JSON says of a text that it cannot read; undefined where it would read
 * it. Scripts and people look for these words.
 */
export function goDecodeError(text: string): string | undefined {
  const error = yamlStreamError(text)
  if (error === undefined || !text.trimStart().startsWith('{')) return error
  // What begins as JSON is told of as JSON, though it was tried as YAML too.
  const json = jsonStreamError(text)
  if (!json) return error
  return json.at === undefined ? json.message : `json: offset ${json.at}: ${json.message}`
}

function yamlStreamError(text: string): string | undefined {
  let document = ''
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  for (const raw of lines) {
    const line = `${raw.replace(/\r$/, '')}\n`
    if (line.startsWith('---')) {
      const rest = line.slice(3).trim()
      if (rest !== '' && !rest.startsWith('#')) return `invalid Yaml document separator: ${rest}`
      if (document !== '') {
        const problem = documentError(document)
        if (problem !== undefined) return problem
        document = ''
        continue
      }
    }
    document += line
  }
  return documentError(document)
}

function documentError(document: string): string | undefined {
  const problem = goYamlProblem(document)
  return problem === undefined ? undefined : `error converting YAML to JSON: yaml: ${problem}`
}
