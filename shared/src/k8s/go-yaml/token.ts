/** A place in a text; lines and columns count from 0. */
export interface Mark {
  readonly index: number
  readonly line: number
  readonly column: number
}

export type TokenType =
  | 'stream-end'
  | 'directive'
  | 'document-start'
  | 'document-end'
  | 'block-sequence-start'
  | 'block-mapping-start'
  | 'block-end'
  | '['
  | ']'
  | '{'
  | '}'
  | ','
  | '-'
  | '?'
  | ':'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar'

export interface Token {
  readonly type: TokenType
  readonly start: Mark
  /** The name of an anchor or an alias, the handle of a tag. */
  readonly name?: string
}

/** The place where Go's parser stumbles, and its words for it. */
export class GoYamlProblem extends Error {}

/** Go counts lines from 0 and takes 0 for no line at all; then the line where things began must do. */
function located(context: Mark | undefined, problem: Mark, message: string, more: number): GoYamlProblem {
  const line = problem.line !== 0 ? problem.line + more : (context?.line ?? 0)
  return new GoYamlProblem(line === 0 ? message : `line ${line}: ${message}`)
}

/** A mistake among the characters. */
export function scanProblem(context: Mark, at: Mark, message: string): GoYamlProblem {
  return located(context, at, message, 1)
}

/** A mistake among the tokens; Go names the line before the one that is meant. */
export function parseProblem(context: Mark | undefined, at: Mark, message: string): GoYamlProblem {
  return located(context, at, message, 0)
}
