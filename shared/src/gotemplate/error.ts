/** A template that cannot be read, or that fails where it runs. */
export class TemplateError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TemplateError'
  }
}

/** What Go panics on: the words come alone, without those of whoever asked. */
export class TemplatePanic extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'TemplatePanic'
  }
}
