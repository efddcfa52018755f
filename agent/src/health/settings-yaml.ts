import { parseYamlBody } from '@flotilla/shared/apiserver/http/yaml-body'

/** A value of argocd-cm as YAML; what is none is an error in the words of Argo CD's parser. */
export function parseSettingsYaml(text: string): unknown {
  try {
    return parseYamlBody(text)
  } catch (error) {
    const unclosed = unclosedComplaint(text)
    if (unclosed === undefined) throw error
    throw new Error(`yaml: ${unclosed}`, { cause: error })
  }
}

/** What is missing where a text ends within brackets or quotes; such an error is of the line where the text ends. */
function unclosedComplaint(text: string): string | undefined {
  const open: string[] = []
  let quote = ''
  for (const character of text) {
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '"' || character === "'") quote = character
    else if (character === '[' || character === '{') open.push(character)
    else if (character === ']' || character === '}') open.pop()
  }
  const end = text.trimEnd().split('\n').length
  if (quote !== '') return `${text.endsWith('\n') ? `line ${end + 1}: ` : ''}found unexpected end of stream`
  const last = open.at(-1)
  if (last === undefined) return undefined
  if (/[[{,:]\s*$/.test(text)) return `line ${end}: did not find expected node content`
  return `line ${end === 1 ? 1 : end - 1}: did not find expected ',' or '${last === '[' ? ']' : '}'}'`
}
