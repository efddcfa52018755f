import type { ResourceRef } from '@flotilla/shared/apiserver/objects'

/** A resource that the API serves now, in the version to read it by. */
export interface Served extends ResourceRef {
  readonly kind: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
}

/** What the API serves; custom resources come and go with their definitions. */
export interface ServedResources {
  list(): readonly Served[]
  onChange(listener: () => void): () => void
}
