/** A template that cannot be read, or that fails where it runs. */
export class TemplateError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TemplateError'
  }
}
