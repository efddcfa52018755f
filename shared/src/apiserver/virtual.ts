import type { KubeObject } from '../k8s/object.ts'
import { manageUpdate } from './apply/field-manager.ts'
import { emptySet } from '../k8s/structured/field-set.ts'
import { oneVersion } from '../k8s/structured/versions.ts'
import { blankObject, decodeObject } from './decode-object.ts'
import { methodNotAllowed } from './errors.ts'
import type { Admission, Machine } from './hooks.ts'
import { systemActor } from './hooks.ts'
import type { Resource } from './resource.ts'
import { builtinType, definitions } from './schema/builtin.ts'
import { anyType, type StructType } from './schema/types.ts'
import type { WriteRequest } from './write.ts'
import { checkNamespaceOf, writerOf } from './write.ts'

const bodies = new WeakMap<Resource, Map<string, Resource>>()

/** The kind that a create on this path takes: of a review its own, of a subresource that of the subresource. */
function bodyResource(resource: Resource, subresource: string | undefined): Resource {
  const known = bodies.get(resource) ?? new Map<string, Resource>()
  bodies.set(resource, known)
  const taken = known.get(subresource ?? '') ?? findBodyResource(resource, subresource)
  known.set(subresource ?? '', taken)
  return taken
}

function findBodyResource(resource: Resource, subresource: string | undefined): Resource {
  const sub = resource.subresources.find(({ name }) => name === subresource)
  if (!sub) return resource
  const { kind, group = resource.group, version = resource.version } = sub
  const schemaName = schemaOf(group, version, kind)
  const type = schemaName === undefined ? undefined : (builtinType(schemaName) as StructType)
  const { type: _, strategy: __, ...row } = resource
  return { ...row, group, version, kind, custom: false, ...(type ? { type } : {}) }
}

function schemaOf(group: string, version: string, kind: string): string | undefined {
  return Object.entries(definitions).find(([, schema]) =>
    (schema['x-kubernetes-group-version-kind'] as { group: string; version: string; kind: string }[] | undefined)?.some(
      (gvk) => gvk.group === group && gvk.version === version && gvk.kind === kind,
    ),
  )?.[0]
}

/** Answers a create of what is not stored: reviews, tokens, bindings, evictions. */
export async function createVirtual(
  machine: Machine,
  asked: WriteRequest,
  body: KubeObject,
  report: (unknown: readonly string[], of: Resource) => void,
): Promise<KubeObject> {
  const { resource, subresource, namespace, name, actor = systemActor, dryRun } = asked
  const taken = bodyResource(resource, subresource)
  const decoded = decodeObject(taken, body)
  report(decoded.unknown, taken)
  const writer = { ...writerOf(machine, asked), apiVersion: decoded.object.apiVersion }
  const owned = manageUpdate(
    oneVersion(writer.apiVersion, taken.type ?? anyType),
    blankObject(taken),
    decoded.object,
    writer,
    emptySet,
  )
  const { uid: _, creationTimestamp: __, ...metadata } = owned.metadata
  owned.metadata = metadata
  if (resource.namespaced) {
    checkNamespaceOf(asked, metadata.namespace)
    metadata.namespace = namespace
  }
  const admission: Admission = {
    operation: 'CREATE',
    resource,
    subresource,
    namespace,
    name: name === '' ? (owned.metadata.name ?? '') : name,
    object: owned,
    oldObject: undefined,
    actor,
    dryRun,
    warn: (message) => void asked.warnings.push(message),
  }
  const object = (await machine.hooks.mutate?.(admission)) ?? owned
  await machine.hooks.admit?.({ ...admission, object })
  const answer = await machine.hooks.handle?.({
    resource,
    subresource,
    namespace,
    name,
    body: object,
    actor,
    dryRun,
    warn: (message) => admission.warn(message),
  })
  if (!answer) throw methodNotAllowed()
  return answer
}
