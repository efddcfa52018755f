import type { RecordRange } from './records.ts'

/** What the store's own thread is asked for. Values travel as JSON text, so that the event loop pays for one string. */
export type Op =
  | {
      readonly op: 'object'
      readonly resource: string
      readonly namespace: string
      readonly name: string
      readonly revision: number
      /** Absent: removed. */
      readonly json: string | undefined
    }
  | { readonly op: 'record'; readonly kind: string; readonly key: string; readonly json: string | undefined }
  | { readonly op: 'record-new'; readonly kind: string; readonly key: string; readonly json: string }
  | { readonly op: 'blob'; readonly digest: string; readonly text: string; readonly at: number }
  | { readonly op: 'drop-blob'; readonly digest: string; readonly before: number }

export type Read =
  | { readonly read: 'record'; readonly kind: string; readonly key: string }
  | { readonly read: 'records'; readonly kind: string; readonly range: RecordRange }
  | { readonly read: 'blob'; readonly digest: string }
  | { readonly read: 'old-blobs'; readonly before: number; readonly after: string; readonly limit: number }

export interface ObjectRow {
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly revision: number
  readonly json: string
}

export interface RecordRow {
  readonly key: string
  readonly json: string
}

export type Request =
  | { readonly id: number; readonly ops: readonly Op[] }
  | { readonly id: number; readonly ask: Read }
  | { readonly id: number; readonly close: true }

/** `done`: for each op whether it did anything. */
export type Reply =
  | { readonly id: number; readonly done: readonly boolean[] }
  | { readonly id: number; readonly rows: readonly RecordRow[] }
  | { readonly id: number; readonly text: string | undefined }
  | { readonly id: number; readonly digests: readonly string[] }
  | { readonly id: number; readonly failed: string; readonly code: string }
  | { readonly loaded: readonly ObjectRow[] }
  | { readonly ready: number }
  | { readonly refused: string }
