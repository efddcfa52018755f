/** What a template is made of, as the parser hands it to whoever runs it. `at` is the place in the text. */
export type Expression =
  | { readonly kind: 'dot'; readonly at: number }
  | { readonly kind: 'nil'; readonly at: number }
  | { readonly kind: 'bool'; readonly at: number; readonly value: boolean }
  | { readonly kind: 'text'; readonly at: number; readonly value: string; readonly source: string }
  | {
      readonly kind: 'number'
      readonly at: number
      readonly int: bigint | undefined
      readonly float: number
      readonly source: string
    }
  | { readonly kind: 'field'; readonly at: number; readonly names: readonly string[] }
  | { readonly kind: 'variable'; readonly at: number; readonly name: string; readonly names: readonly string[] }
  | { readonly kind: 'chain'; readonly at: number; readonly of: Expression; readonly names: readonly string[] }
  | { readonly kind: 'function'; readonly at: number; readonly name: string }
  | { readonly kind: 'pipe'; readonly at: number; readonly pipe: Pipe }

/** A function or a value, and what is handed to it. */
export interface Command {
  readonly at: number
  readonly args: readonly Expression[]
}

export interface Pipe {
  readonly at: number
  readonly variables: readonly string[]
  /** `=` rather than `:=`. */
  readonly assigns: boolean
  readonly commands: readonly Command[]
}

/** What runs its body, or what stands behind `else`. */
export interface Control {
  readonly kind: 'if' | 'with' | 'range'
  readonly at: number
  readonly pipe: Pipe
  readonly body: readonly Node[]
  readonly otherwise: readonly Node[]
}

export type Node =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'action'; readonly at: number; readonly pipe: Pipe }
  | Control
  | { readonly kind: 'template'; readonly at: number; readonly name: string; readonly pipe: Pipe | undefined }
  | { readonly kind: 'break' | 'continue'; readonly at: number }

export interface Parsed {
  readonly name: string
  readonly text: string
  readonly body: readonly Node[]
  readonly templates: ReadonlyMap<string, readonly Node[]>
}
