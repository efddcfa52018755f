import type { KubeObject } from '../../k8s/object.ts'
import type { Clock } from '../../lang/clock.ts'
import type { ObjectStore, Stored } from '../object-store.ts'
import type { Objects } from '../objects.ts'
import type { ResourceTable } from '../resource.ts'
import { at } from '../validation/numbers.ts'
import { fieldsList, fieldsOf, textOf, type Fields } from '../validation/values.ts'
import { definedName, resourcesOf } from './resources.ts'
import { address, definitions, Endings, isEnding, isEstablished } from './endings.ts'

export interface RegistrarOptions {
  readonly store: ObjectStore
  readonly resources: ResourceTable
  readonly objects: Objects
  readonly clock: Clock
  /** Told of what went wrong behind the scenes. */
  onError(error: unknown): void
}

/**
 * Serves what definitions define: accepts their names, adds and removes rows, and deletes the objects of a definition that goes.
 * Resolves once those already stored are served.
 */
export async function serveDefinitions(options: RegistrarOptions): Promise<{ stop(): void }> {
  const served = new Map<string, { group: string; version: string; plural: string }[]>()
  let queue = Promise.resolve()
  const enqueue = (work: () => Promise<void>): void => {
    queue = queue.then(work).catch((error: unknown) => options.onError(error))
  }
  const listing = await options.store.list({ resource: definitions })
  const endings = new Endings(options, (name) => enqueue(() => accept(options, served, endings, name)))
  for (const stored of listing.items) enqueue(() => accept(options, served, endings, stored.key.name))
  const stop = options.store.watch({ resource: definitions }, listing.revision, {
    change: (change) => {
      const { name } = change.stored.key
      if (change.type === 'deleted') {
        endings.forget(name)
        withdraw(options, served, name)
      } else enqueue(() => accept(options, served, endings, name))
    },
    end: (error) => options.onError(error),
  })
  await queue
  return {
    stop: () => {
      stop()
      endings.stop()
    },
  }
}

type Served = Map<string, { group: string; version: string; plural: string }[]>

async function accept(options: RegistrarOptions, served: Served, endings: Endings, name: string): Promise<void> {
  const stored = await options.store.get({ resource: definitions, namespace: '', name })
  if (stored === undefined) return
  if (isEnding(stored.object)) {
    if (isEstablished(stored.object)) publish(options, served, stored.object)
    return endings.go(stored)
  }
  const conflict = nameConflict(options, stored.object)
  const named = await settle(options, stored, conflict, false)
  if (conflict !== undefined) return
  publish(options, served, named.object)
  await settle(options, named, undefined, true)
}

function publish(options: RegistrarOptions, served: Served, definition: KubeObject): void {
  const name = definition.metadata.name ?? ''
  const rows = resourcesOf(definition).map((row) => (isEnding(definition) ? { ...row, ending: true } : row))
  const before = served.get(name) ?? []
  for (const old of before) if (!rows.some((row) => row.version === old.version)) options.resources.remove(old)
  for (const row of rows) options.resources.add(row)
  served.set(
    name,
    rows.map(({ group, version, plural }) => ({ group, version, plural })),
  )
}

function withdraw(options: RegistrarOptions, served: Served, name: string): void {
  for (const row of served.get(name) ?? []) options.resources.remove(row)
  served.delete(name)
}

/** A name that another kind of the group already has. */
function nameConflict(
  options: RegistrarOptions,
  definition: KubeObject,
): { reason: string; message: string } | undefined {
  const spec = fieldsOf(definition['spec'])
  const names = fieldsOf(spec['names'])
  const own = definedName(definition)
  const others = options.resources
    .all()
    .filter((row) => row.group === spec['group'] && `${row.plural}.${row.group}` !== own)
  const clash = (
    word: string,
    taken: readonly string[],
    reason: string,
  ): { reason: string; message: string } | undefined =>
    taken.includes(word) ? { reason, message: `${JSON.stringify(word)} is already in use` } : undefined
  return (
    clash(
      textOf(names['kind']),
      others.flatMap((row) => [row.kind, row.listKind]),
      'KindConflict',
    ) ??
    clash(
      textOf(names['singular']),
      others.flatMap((row) => [row.plural, row.singular, ...row.shortNames]),
      'SingularConflict',
    )
  )
}

/** Tells whether the names are accepted, and once they are `served`, that the kind is established. */
async function settle(
  options: RegistrarOptions,
  stored: Stored,
  conflict: { reason: string; message: string } | undefined,
  served: boolean,
): Promise<Stored> {
  const definition = structuredClone(stored.object)
  const status = fieldsOf(definition['status'])
  const now = new Date(options.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
  const before = fieldsList(status['conditions'])
  const condition = (type: string, truth: boolean, reason: string, message: string): Fields => {
    const old = before.find((item) => item['type'] === type)
    const word = truth ? 'True' : 'False'
    return {
      type,
      status: word,
      lastTransitionTime: old?.['status'] === word ? old['lastTransitionTime'] : now,
      reason,
      message,
    }
  }
  const wasEstablished = isEstablished(stored.object)
  const accepted = conflict === undefined
  const conditions = [
    condition(
      'NamesAccepted',
      accepted,
      accepted ? 'NoConflicts' : conflict.reason,
      accepted ? 'no conflicts found' : conflict.message,
    ),
    condition(
      'Established',
      (accepted && served) || wasEstablished,
      accepted ? (served || wasEstablished ? 'InitialNamesAccepted' : 'Installing') : 'NotAccepted',
      accepted ? 'the initial names have been accepted' : 'not all names are accepted',
    ),
  ]
  const next = {
    ...status,
    conditions,
    acceptedNames: accepted ? at(definition, 'spec')['names'] : status['acceptedNames'],
  }
  definition['status'] = next
  if (JSON.stringify(definition) === JSON.stringify(stored.object)) return stored
  const object = await options.objects.update({ ...address, name: stored.key.name }, definition, {
    subresource: 'status',
    fieldManager: 'kube-apiserver',
  })
  return { ...stored, object, revision: object.metadata.resourceVersion ?? stored.revision }
}
