import type { KubeObject } from '../../k8s/object.ts'
import type { Clock } from '../../lang/clock.ts'
import type { ObjectStore, Stored } from '../object-store.ts'
import type { Objects } from '../objects.ts'
import { StatusError } from '../status-error.ts'
import { fieldsList, fieldsOf, textOf } from '../validation/values.ts'
import { definedName, resourcesOf } from './resources.ts'
import { cleanupFinalizer } from './strategy.ts'

/** The store's name of definitions. */
export const definitions = 'customresourcedefinitions.apiextensions.k8s.io'
export const address = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' }

interface Tools {
  readonly store: ObjectStore
  readonly objects: Objects
  readonly clock: Clock
  onError(error: unknown): void
}

/** Takes definitions to their end: each waits until the last of its objects has gone, whatever holds them. */
export class Endings {
  readonly #tools: Tools
  readonly #again: (name: string) => void
  readonly #watches = new Map<string, () => void>()

  constructor(tools: Tools, again: (name: string) => void) {
    this.#tools = tools
    this.#again = again
  }

  /** Deletes the objects of a definition that goes; lets it go where there are none left. */
  async go(stored: Stored): Promise<void> {
    if (!stored.object.metadata.finalizers?.includes(cleanupFinalizer)) return
    const { store, objects } = this.#tools
    const name = stored.key.name
    const told = await this.#tell(stored, true, 'InstanceDeletionInProgress', 'CustomResource deletion is in progress')
    if (isEstablished(told) && (await this.#remain(name, told))) return
    this.forget(name)
    const rest = (told.metadata.finalizers ?? []).filter((finalizer) => finalizer !== cleanupFinalizer)
    const next = { ...told, metadata: { ...told.metadata, finalizers: rest } }
    await objects.update({ ...address, name }, next, { fieldManager: 'kube-apiserver' })
    const key = { resource: definitions, namespace: '', name }
    const current = rest.length > 0 ? await store.get(key) : undefined
    if (current) await this.#tell(current, false, 'InstanceDeletionCompleted', 'removed all instances')
  }

  /** No longer waits for the objects of a definition. */
  forget(name: string): void {
    this.#watches.get(name)?.()
    this.#watches.delete(name)
  }

  stop(): void {
    for (const name of this.#watches.keys()) this.forget(name)
  }

  /** Whether objects are left once all were deleted; then the next that goes brings us here again. */
  async #remain(name: string, definition: KubeObject): Promise<boolean> {
    const { store, objects } = this.#tools
    const resource = definedName(definition)
    const row = resourcesOf(definition)[0]
    const before = await store.list({ resource })
    for (const { key, object, revision } of before.items) {
      if (!row) await store.remove(key, revision)
      else if (object.metadata.deletionTimestamp === undefined) {
        const { group, version, plural } = row
        const ref = { group, version, resource: plural, namespace: key.namespace, name: key.name }
        await objects.delete(ref).catch(ignoreMissing)
      }
    }
    const { items, revision } = await store.list({ resource })
    if (items.length === 0) return false
    if (this.#watches.has(name)) return true
    const stop = store.watch({ resource }, revision, {
      change: ({ type }) => {
        if (type === 'deleted') this.#again(name)
      },
      end: (error) => this.#tools.onError(error),
    })
    this.#watches.set(name, stop)
    return true
  }

  async #tell({ object, key }: Stored, truth: boolean, reason: string, message: string): Promise<KubeObject> {
    const status = fieldsOf(object['status'])
    const conditions = fieldsList(status['conditions'])
    const word = truth ? 'True' : 'False'
    const old = conditions.find((condition) => condition['type'] === 'Terminating')
    if (old?.['reason'] === reason) return object
    const now = new Date(this.#tools.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
    const lastTransitionTime = old?.['status'] === word ? textOf(old['lastTransitionTime']) : now
    const condition = { type: 'Terminating', status: word, lastTransitionTime, reason, message }
    const others = conditions.filter((each) => each !== old)
    const next = { ...object, status: { ...status, conditions: [...others, condition] } }
    const options = { subresource: 'status', fieldManager: 'kube-apiserver' }
    return this.#tools.objects.update({ ...address, name: key.name }, next, options)
  }
}

/** Whether a definition is on its way out. */
export function isEnding(definition: KubeObject): boolean {
  return definition.metadata.deletionTimestamp !== undefined
}

/** Whether a definition has ever been served. */
export function isEstablished(definition: KubeObject): boolean {
  const conditions = fieldsList(fieldsOf(definition['status'])['conditions'])
  return conditions.some((condition) => condition['type'] === 'Established' && condition['status'] === 'True')
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof StatusError && error.status.reason === 'NotFound')) throw error
}
