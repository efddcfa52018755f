/** Why a question is not answered; the code travels to the hub with the words. */
export class QueryError extends Error {
  readonly code: 'not-found' | 'forbidden' | 'invalid'

  constructor(code: QueryError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'QueryError'
    this.code = code
  }
}
