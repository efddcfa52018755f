import { annotation, fieldManager } from '@flotilla/shared/argo/annotations'
import type { KubeObject, ManagedFieldsEntry } from '@flotilla/shared/k8s/object'
import { isObject } from '@flotilla/shared/lang/json'

type Fields = Readonly<Record<string, unknown>>

/**
 * The managed fields of an object that clients applied before, with what they own handed to our server-side applies, so
 * that what Git drops is dropped in the cluster. `manager` is the client that is always taken over, where one is; a client
 * that left its memory on the object is taken over besides, as kubectl does. Undefined where there is nothing to hand over.
 */
export function migratedManagers(live: KubeObject, manager: string | undefined): ManagedFieldsEntry[] | undefined {
  const before = live.metadata.managedFields ?? []
  const clients = new Set([
    ...before.filter((entry) => isUpdate(entry) && entry.manager === manager).map((entry) => entry.manager ?? ''),
    ...before.filter((entry) => entry.operation === 'Update' && keepsMemory(entry)).map((entry) => entry.manager ?? ''),
  ])
  if (clients.size === 0) return undefined
  let entries: readonly ManagedFieldsEntry[] = before
  for (const client of clients) entries = takenOver(entries, client)
  return [...entries]
}

function takenOver(entries: readonly ManagedFieldsEntry[], client: string): readonly ManagedFieldsEntry[] {
  const theirs = entries.filter((entry) => isUpdate(entry) && entry.manager === client)
  const [first] = theirs
  if (!first) return entries
  const found = entries.find(
    (entry) => entry.operation === 'Apply' && entry.manager === fieldManager && !entry.subresource,
  )
  const ours: ManagedFieldsEntry = found ?? { ...first, manager: fieldManager, operation: 'Apply' }
  // Fields of another version of the kind cannot be told apart in this one.
  const same = theirs.find((entry) => entry.apiVersion === ours.apiVersion)
  const merged = { ...ours, fieldsV1: union(ours.fieldsV1 ?? {}, same?.fieldsV1 ?? {}) }
  return entries.flatMap((entry) => {
    if (entry === (found ?? first)) return [merged]
    return theirs.includes(entry) ? [] : [entry]
  })
}

function isUpdate(entry: ManagedFieldsEntry): boolean {
  return entry.operation === 'Update' && !entry.subresource
}

/** Whether a client wrote what it applied onto the object. */
function keepsMemory({ fieldsV1 }: ManagedFieldsEntry): boolean {
  const metadata = fieldsV1?.['f:metadata']
  const annotations = isObject(metadata) ? metadata['f:annotations'] : undefined
  return isObject(annotations) && `f:${annotation.lastApplied}` in annotations
}

function union(a: Fields, b: Fields): Record<string, unknown> {
  const result: Record<string, unknown> = { ...a }
  for (const [name, fields] of Object.entries(b)) {
    const had = result[name]
    result[name] = isObject(had) && isObject(fields) ? union(had, fields) : (fields ?? had)
  }
  return result
}
