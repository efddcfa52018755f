import type { KubeObject } from '../k8s/object.ts'
import type { RawSchema, StructType } from './schema/types.ts'
import type { KindStrategy, RowCondition, TableColumn } from './strategy.ts'

export interface Subresource {
  readonly name: string
  readonly kind: string
  /** Where it differs from the parent's: `autoscaling/v1` of `scale`. */
  readonly group?: string
  readonly version?: string
  readonly verbs: readonly string[]
  readonly acceptedTypes?: readonly { readonly group: string; readonly version: string; readonly kind: string }[]
}

/** Where a custom resource keeps what `scale` shows: JSON paths as a CRD says them (`.spec.replicas`). */
export interface ScalePaths {
  readonly specReplicas: string
  readonly statusReplicas: string
  readonly labelSelector?: string
}

/** One served version of one kind: the row that makes a kind. Everything the API does with it follows from here. */
export interface Resource {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly singular: string
  readonly kind: string
  readonly listKind: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  readonly subresources: readonly Subresource[]
  readonly storageVersionHash?: string
  /** Types of the whole object; its `metadata` is ObjectMeta. Absent: any fields, as of a custom resource without schema. */
  readonly type?: StructType
  /** The schema as published in OpenAPI. */
  readonly schema?: RawSchema
  /** Name of the schema in OpenAPI. */
  readonly schemaName?: string
  /** Of a CustomResourceDefinition: no strategic merge, no unconditional PUT, unknown fields pruned or kept by its schema. */
  readonly custom: boolean
  /** Its definition goes: nothing new is taken, what is there stays served until its finalizers are gone. */
  readonly ending?: boolean
  /** Not stored: reviews, bindings. `handle` answers a create. */
  readonly virtual?: boolean
  readonly scalePaths?: ScalePaths
  /** A create by PUT is allowed. */
  readonly putCreates?: boolean
  /** An update must say which version it is based on; custom resources' always must. */
  readonly updatesNeedVersion?: boolean
  /** `generation` grows with every change but of metadata and status. */
  readonly tracksGeneration: boolean
  /** Absent: it does. Some kinds stay at their first. */
  readonly generationGrows?: false
  /** Fields by which `fieldSelector` may ask, beyond `metadata.name` and `metadata.namespace`. */
  readonly selectableFields?: Readonly<Record<string, (object: KubeObject) => string>>
  readonly strategy?: KindStrategy
  /** Columns and cells of a custom resource; a built-in kind has them in its strategy. */
  readonly table?: KindTable
  /** The resource that keeps the objects of this one, where that is another: two groups may share a storage. */
  readonly storage?: { readonly group: string; readonly plural: string }
  /** From the stored form to this version, and back; absent: the same but for `apiVersion`. */
  fromStorage?(object: KubeObject): KubeObject
  toStorage?(object: KubeObject): KubeObject
  readonly deprecation?: string
}

export interface KindTable {
  readonly columns: readonly TableColumn[]
  cells(object: KubeObject, now: number): readonly unknown[]
  conditions?(object: KubeObject): readonly RowCondition[]
}

/** `plural.group`, or the plural alone in the core group: how stores and messages name a resource. */
export function resourceName(resource: { readonly group: string; readonly plural: string }): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`
}

/** The name under which stores keep the objects of a resource. */
export function storageName(resource: Resource): string {
  return resourceName(resource.storage ?? resource)
}

/** Whether the server itself serves a group: in one of custom resources alone, what is not there is nobody's. */
export function ownGroup(resources: ResourceTable, group: string): boolean {
  return resources.all().some((row) => row.group === group && !row.custom)
}

/** The resources that are served now; a custom resource comes and goes with its definition. */
export class ResourceTable {
  readonly #rows = new Map<string, Resource>()
  readonly #listeners = new Set<() => void>()
  readonly #groupOrder: string[] = []
  #version = 0

  constructor(resources: readonly Resource[] = []) {
    for (const resource of resources) this.add(resource)
  }

  /** Grows with every change, so that derived documents can be kept until then. */
  get version(): number {
    return this.#version
  }

  add(resource: Resource): void {
    this.#rows.set(`${resource.group}/${resource.version}/${resource.plural}`, resource)
    if (!this.#groupOrder.includes(resource.group)) this.#groupOrder.push(resource.group)
    this.#changed()
  }

  remove(resource: { readonly group: string; readonly version: string; readonly plural: string }): void {
    this.#rows.delete(`${resource.group}/${resource.version}/${resource.plural}`)
    if (![...this.#rows.values()].some((row) => row.group === resource.group))
      this.#groupOrder.splice(this.#groupOrder.indexOf(resource.group), 1)
    this.#changed()
  }

  get(group: string, version: string, plural: string): Resource | undefined {
    return this.#rows.get(`${group}/${version}/${plural}`)
  }

  byKind(group: string, version: string, kind: string): Resource | undefined {
    return [...this.#rows.values()].find((row) => row.group === group && row.version === version && row.kind === kind)
  }

  all(): readonly Resource[] {
    return [...this.#rows.values()]
  }

  /** Groups in the order in which they are published, core first. */
  groups(): readonly string[] {
    return this.#groupOrder
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    this.#version += 1
    for (const listener of this.#listeners) listener()
  }
}
