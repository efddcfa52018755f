import type { KubeObject } from '../../k8s/object.ts'
import type { Resource } from '../resource.ts'
import type { KindTable } from '../resource.ts'
import { StatusError } from '../status-error.ts'
import { badRequest } from '../errors.ts'
import { apiVersionOf } from '../decode-object.ts'
import type { Accepted } from './negotiate.ts'

export interface PresentOptions {
  readonly accepted: Accepted
  readonly includeObject: string | undefined
  readonly now: number
}

const fallback: KindTable = {
  columns: [
    { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
    { name: 'Created At', type: 'date', format: '', description: '', priority: 0 },
  ],
  cells: (object) => [object.metadata.name, object.metadata.creationTimestamp],
}

const tableOf = (resource: Resource): KindTable => resource.table ?? resource.strategy?.table ?? fallback

/** Metadata alone. */
export function partial(object: KubeObject, version = 'v1'): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: ownMetadata(object) }
}

const templateGeneration = 'deprecated.daemonset.template.generation'

/** A DaemonSet shows a count of its own among its annotations, where it is shown as a whole alone. */
function ownMetadata({ kind, metadata }: KubeObject): KubeObject['metadata'] {
  if (kind !== 'DaemonSet' || metadata.annotations?.[templateGeneration] === undefined) return metadata
  const { [templateGeneration]: _, ...annotations } = metadata.annotations
  const { annotations: __, ...rest } = metadata
  return Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest
}

const includes = new Set(['Metadata', 'Object', 'None', ''])

/** Refuses an `includeObject` that nobody knows. */
export function checkInclude(options: PresentOptions): void {
  if (options.accepted.form !== 'Table') return
  const asked = options.includeObject ?? ''
  if (!includes.has(asked))
    throw badRequest(
      `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(asked)}: must be 'Metadata', 'Object', 'None', or empty`,
    )
}

function row(resource: Resource, object: KubeObject, options: PresentOptions): unknown {
  // Tables of a built-in kind know the form in which it is kept.
  const kept = resource.custom ? object : (resource.toStorage?.(object) ?? object)
  const shape = tableOf(resource)
  const cells = shape.cells(kept, options.now)
  const conditions = shape.conditions?.(kept) ?? []
  const told = conditions.length > 0 ? { conditions } : {}
  if (options.includeObject === 'None') return { cells, ...told, object: null }
  const shown = options.includeObject === 'Object' ? object : partial(object, options.accepted.version)
  return { cells, ...told, object: shown }
}

/** One object in the form that was asked for. */
export function presentObject(resource: Resource, object: KubeObject, options: PresentOptions): unknown {
  switch (options.accepted.form) {
    case 'plain':
      return object
    case 'Table':
      return table(resource, [object], { resourceVersion: object.metadata.resourceVersion }, options, true)
    case 'PartialObjectMetadata':
      return partial(object, options.accepted.version)
    case 'PartialObjectMetadataList':
      throw new StatusError(
        406,
        'NotAcceptable',
        `you requested PartialObjectMetadataList, but the requested object is not a list (*${goPackage(resource)}.${resource.kind})`,
      )
  }
}

function table(
  resource: Resource,
  items: readonly KubeObject[],
  metadata: unknown,
  options: PresentOptions,
  columns: boolean,
): unknown {
  checkInclude(options)
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.accepted.version}`,
    metadata,
    columnDefinitions: columns ? tableOf(resource).columns : null,
    rows: items.map((item) => row(resource, item, options)),
  }
}

const goPackage = (resource: Resource): string =>
  resource.group === '' ? 'core' : (resource.group.split('.')[0] ?? '')

/** A list in the form that was asked for. */
export function presentList(
  resource: Resource,
  items: readonly KubeObject[],
  metadata: Record<string, unknown>,
  options: PresentOptions,
): unknown {
  switch (options.accepted.form) {
    case 'plain':
      return {
        kind: resource.listKind,
        apiVersion: apiVersionOf(resource),
        metadata: listMetadata(resource, metadata),
        items: resource.custom ? items : items.map(withoutType),
      }
    case 'Table':
      return table(resource, items, metadata, options, true)
    case 'PartialObjectMetadataList':
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: `meta.k8s.io/${options.accepted.version}`,
        metadata,
        // An API server gathers these in a slice of Go that an empty list leaves nil.
        items: items.length === 0 ? null : items.map((item) => partial(item, options.accepted.version)),
      }
    case 'PartialObjectMetadata':
      throw new StatusError(
        406,
        'NotAcceptable',
        `you requested PartialObjectMetadata, but the requested object is a list (*${goPackage(resource)}.${resource.listKind})`,
      )
  }
}

/** Lists of custom resources say that they are whole. */
export function listMetadata(resource: Resource, metadata: Record<string, unknown>): Record<string, unknown> {
  return resource.custom ? { continue: '', ...metadata } : metadata
}

function withoutType(object: KubeObject): Omit<KubeObject, 'kind' | 'apiVersion'> {
  const { kind: _, apiVersion: __, ...rest } = object
  return rest
}

/** An object inside a watch event; of Tables the first event alone has columns. */
export function presentEvent(resource: Resource, object: KubeObject, options: PresentOptions, first: boolean): unknown {
  if (options.accepted.form === 'Table')
    return table(resource, [object], { resourceVersion: object.metadata.resourceVersion }, options, first)
  return options.accepted.form === 'plain' ? object : partial(object, options.accepted.version)
}
