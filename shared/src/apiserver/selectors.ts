import type { KubeObject } from '../k8s/object.ts'
import { SelectorError, matchesRequirements, parseFieldSelector, parseLabelSelector } from '../k8s/labels.ts'
import { isObject } from '../lang/json.ts'
import { badRequest } from './errors.ts'
import type { ListQuery } from './objects.ts'
import type { Resource } from './resource.ts'
import { resourceName } from './resource.ts'

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

const selectable: Readonly<Record<string, readonly string[]>> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  namespaces: ['status.phase'],
  nodes: ['spec.unschedulable'],
  secrets: ['type'],
  services: ['spec.clusterIP', 'spec.type'],
  replicationcontrollers: ['status.replicas'],
  'replicasets.apps': ['status.replicas'],
  'jobs.batch': ['status.successful'],
  'certificatesigningrequests.certificates.k8s.io': ['spec.signerName'],
}

function reader(resource: Resource, field: string): (object: KubeObject) => string {
  if (field === 'metadata.name' || (field === 'metadata.namespace' && resource.namespaced)) return at(field)
  const own = resource.selectableFields?.[field]
  if (own) return own
  if (!selectable[resourceName(resource)]?.includes(field)) throw new SelectorError(unknownField(resource, field))
  const read = at(field)
  if (field === 'spec.unschedulable' || field === 'spec.hostNetwork') return (object) => read(object) || 'false'
  if (field === 'status.replicas') return (object) => read(object) || '0'
  return read
}

function unknownField(resource: Resource, field: string): string {
  return resourceName(resource) in selectable || resource.custom
    ? `field label not supported: ${field}`
    : `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`
}
