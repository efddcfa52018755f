import { annotation, fieldManager } from '@flotilla/shared/argo/annotations'
import type { KubeObject, ManagedFieldsEntry } from '@flotilla/shared/k8s/object'

type Fields = Readonly<Record<string, unknown>>

/**
 * The managed fields of an object that was applied by a client, with that client's fields handed to our server-side
 * applies, so that what Git drops is dropped in the cluster. Undefined where there is nothing to hand over.
 */
export function migratedManagers(live: KubeObject, manager: string): ManagedFieldsEntry[] | undefined {
  const entries = live.metadata.managedFields ?? []
  const theirs = entries.filter(
    (entry) =>
      entry.operation === 'Update' &&
      !entry.subresource &&
      (entry.manager === manager || entry.manager === fieldManager),
  )
  if (theirs.length === 0) return undefined
  const ours = entries.find((entry) => entry.operation === 'Apply' && entry.manager === fieldManager)
  const [first] = theirs
  const merged = [...theirs, ...(ours ? [ours] : [])].reduce<Fields>(
    (all, entry) => union(all, entry.fieldsV1 ?? {}),
    {},
  )
  const kept = entries.filter((entry) => !theirs.includes(entry) && entry !== ours)
  const { subresource: _none, ...entry } = ours ?? first ?? {}
  return [...kept, { ...entry, manager: fieldManager, operation: 'Apply', fieldsV1: withoutLastApplied(merged) }]
}

function union(a: Fields, b: Fields): Fields {
  const result: Record<string, unknown> = { ...a }
  for (const [name, fields] of Object.entries(b)) {
    const had = result[name]
    result[name] = isFields(had) && isFields(fields) ? union(had, fields) : (fields ?? had)
  }
  return result
}

/** The annotation that client-side apply keeps its memory in is not ours to own. */
function withoutLastApplied(fields: Fields): Record<string, unknown> {
  const metadata = fields['f:metadata']
  const annotations = isFields(metadata) ? metadata['f:annotations'] : undefined
  if (!isFields(metadata) || !isFields(annotations)) return { ...fields }
  const { [`f:${annotation.lastApplied}`]: _memory, ...rest } = annotations
  return { ...fields, 'f:metadata': { ...metadata, 'f:annotations': rest } }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
