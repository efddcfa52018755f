/** What merging asks of a type: how lists merge, and what Go calls it where it cannot be merged. */
export type MergeType =
  | { readonly form: 'scalar'; readonly scalar: string }
  | { readonly form: 'list'; readonly of: MergeType }
  | { readonly form: 'map'; readonly of: MergeType }
  | { readonly form: 'struct'; readonly name: string; readonly fields: MergeFields }

export interface MergeFields {
  get(name: string): MergeField | undefined
  keys(): Iterable<string>
}

export interface MergeField {
  readonly type: MergeType
  readonly pointer: boolean
  readonly merge: boolean
  readonly retainKeys: boolean
  /** A map that is written as a whole: what the client does not say goes. */
  readonly replace: boolean
  readonly mergeKey?: string
}
