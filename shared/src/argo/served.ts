import type { KindTable, Resource } from '../apiserver/resource.ts'
import type { KubeObject } from '../k8s/object.ts'

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

function textAt(object: KubeObject, ...path: readonly string[]): string {
  let value: unknown = object
  for (const step of path) value = (value as Record<string, unknown> | undefined)?.[step]
  return typeof value === 'string' ? value : ''
}

const column = (name: string, description: string, priority = 0) => ({
  name,
  type: 'string',
  format: name === 'Name' ? 'name' : '',
  description,
  priority,
})

const applicationTable: KindTable = {
  columns: [
    column('Name', 'Name must be unique within a namespace.'),
    column('Sync Status', ''),
    column('Health Status', ''),
    column('Revision', '', 10),
    column('Project', '', 10),
  ],
  cells: (object) => [
    object.metadata.name ?? '',
    textAt(object, 'status', 'sync', 'status'),
    textAt(object, 'status', 'health', 'status'),
    textAt(object, 'status', 'sync', 'revision'),
    textAt(object, 'spec', 'project'),
  ],
}

function row(kind: string, plural: string, shortNames: string[], status: boolean, table?: KindTable): Resource {
  return {
    group: 'argoproj.io',
    version: 'v1alpha1',
    plural,
    singular: kind.toLowerCase(),
    kind,
    listKind: `${kind}List`,
    shortNames,
    categories: [],
    namespaced: true,
    verbs,
    subresources: status ? [{ name: 'status', kind, verbs: ['get', 'patch', 'update'] }] : [],
    custom: true,
    tracksGeneration: true,
    ...(table ? { table } : {}),
  }
}

/** The kinds of Argo CD as the hub serves them: any fields travel along. */
export const argoResources: readonly Resource[] = [
  row('Application', 'applications', ['app', 'apps'], false, applicationTable),
  row('ApplicationSet', 'applicationsets', ['appset', 'appsets'], true),
  row('AppProject', 'appprojects', ['appproj', 'appprojs'], false),
]
