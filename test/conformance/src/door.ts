/** One case as it comes in: its name, and whatever its topic puts beside it. */
export interface Case {
  readonly case: string
  readonly [field: string]: unknown
}

/** What goes out: the answer, or the error's text. */
export type Answer =
  | { readonly case: string; readonly output: unknown }
  | { readonly case: string; readonly error: string }

/** Answers the cases of one topic through the product's own functions; throws where the product would refuse. */
export type Answerer = (input: Case) => unknown

/** The answer to one case; what the topic throws becomes its error. */
export async function answerCase(answerer: Answerer, input: Case): Promise<Answer> {
  try {
    return { case: input.case, output: (await answerer(input)) ?? null }
  } catch (error) {
    return { case: input.case, error: error instanceof Error ? error.message : String(error) }
  }
}
