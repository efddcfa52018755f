import type { KubeObject } from '../k8s/object.ts'
import { SelectorError, matchesRequirements, parseFieldSelector, parseLabelSelector } from '../k8s/labels.ts'
import { dictionary } from '../lang/dictionary.ts'
import { isObject } from '../lang/json.ts'
import { badRequest } from './errors.ts'
import type { Stored } from './object-store.ts'
import type { ListQuery } from './objects.ts'
import type { Resource } from './resource.ts'
import { resourceName } from './resource.ts'
import { fromStored } from './write.ts'

export type Matcher = (object: KubeObject) => boolean

const everything: Matcher = () => true

/** Reads both selectors of a list or watch; undefined where there is none. Throws a 400. */
export function matcherOf(resource: Resource, query: ListQuery): Matcher | undefined {
  if (!query.labelSelector && !query.fieldSelector) return undefined
  try {
    const labels = labelMatcher(query.labelSelector)
    const fields = fieldMatcher(resource, query.fieldSelector)
    return (object) => labels(object) && fields(object)
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message)
    throw error
  }
}

/** The same of what is kept; who asks for one object by its name need not read all others. */
export function keptMatcher(resource: Resource, query: ListQuery): ((stored: Stored) => boolean) | undefined {
  const matches = matcherOf(resource, query)
  if (!matches) return undefined
  const named = query.fieldSelector
    ? parseFieldSelector(query.fieldSelector).find(({ field, equal }) => equal && field === 'metadata.name')
    : undefined
  return (stored) => (!named || stored.key.name === named.value) && matches(fromStored(resource, stored))
}

function labelMatcher(text: string | undefined): Matcher {
  if (!text) return everything
  const requirements = parseLabelSelector(text)
  return (object) => matchesRequirements(requirements, object.metadata.labels)
}

function fieldMatcher(resource: Resource, text: string | undefined): Matcher {
  if (!text) return everything
  const terms = parseFieldSelector(text).map(({ field, equal, value }) => ({
    read: reader(resource, field),
    equal,
    value,
  }))
  return (object) => terms.every(({ read, equal, value }) => (read(object) === value) === equal)
}

const at =
  (path: string) =>
  (object: KubeObject): string => {
    let value: unknown = object
    for (const name of path.split('.')) value = isObject(value) ? value[name] : undefined
    return value === undefined || value === null ? '' : String(value as string)
  }

type Reader = (object: KubeObject) => string

const plain = (...paths: string[]): Record<string, Reader> => Object.fromEntries(paths.map((path) => [path, at(path)]))
const or =
  (path: string, fallback: string): Reader =>
  (object) =>
    at(path)(object) || fallback
const name = plain('metadata.name')
const both = plain('metadata.name', 'metadata.namespace')
const aboutParts = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath']
const about = (prefix: string): Record<string, Reader> => plain(...aboutParts.map((part) => `${prefix}.${part}`))

const podFields: Record<string, Reader> = dictionary({
  ...both,
  ...plain('spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName'),
  // As clients of long ago ask.
  'spec.host': at('spec.nodeName'),
  'spec.hostNetwork': or('spec.hostNetwork', 'false'),
  ...plain('status.phase', 'status.podIP', 'status.nominatedNodeName'),
  'status.podIPs': () => '',
})

const eventFields: Record<string, Reader> = dictionary({
  ...both,
  ...about('involvedObject'),
  ...plain('reason', 'type', 'reportingComponent'),
  source: (object) => at('source.component')(object) || at('reportingComponent')(object),
})

/** Kinds that say themselves by which fields they can be found; all others know name and namespace. */
const selectable: Readonly<Record<string, Readonly<Record<string, Reader>>>> = dictionary({
  pods: podFields,
  events: eventFields,
  'events.events.k8s.io': {
    'metadata.namespace': at('metadata.namespace'),
    ...about('regarding'),
    ...plain('reason', 'type', 'reportingController'),
  },
  namespaces: { ...name, ...plain('status.phase') },
  nodes: { ...name, 'spec.unschedulable': or('spec.unschedulable', 'false') },
  secrets: { ...both, ...plain('type') },
  services: { ...both, ...plain('spec.clusterIP', 'spec.type') },
  replicationcontrollers: { ...both, 'status.replicas': or('status.replicas', '0') },
  'jobs.batch': { ...both, 'status.successful': or('status.succeeded', '0') },
  'certificatesigningrequests.certificates.k8s.io': { ...name, ...plain('spec.signerName') },
})

function reader(resource: Resource, field: string): Reader {
  const known = selectable[resourceName(resource)]
  const unsupported = `field label not supported: ${field}`
  if (resource.custom) {
    const own = resource.selectableFields?.[field]
    if (own) return own
    if (field === 'metadata.name' || (field === 'metadata.namespace' && resource.namespaced)) return at(field)
    throw new SelectorError(unsupported)
  }
  const found = (known ?? both)[field]
  if (found) return found
  if (!known) throw new SelectorError(unknownField(field))
  throw new SelectorError(
    resourceName(resource) === 'jobs.batch' ? `field label "${field}" not supported for Job` : unsupported,
  )
}

const unknownField = (field: string): string =>
  `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`
