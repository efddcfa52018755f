import { apiVersionOf } from '../decode-object.ts'
import type { Resource, ResourceTable } from '../resource.ts'
import type { RawSchema } from '../schema/types.ts'

type Definitions = Readonly<Record<string, RawSchema>>

/** The OpenAPI v3 document of one group version: `api/v1`, `apis/apps/v1`; undefined where nothing is served. */
export function openApiDocument(table: ResourceTable, definitions: Definitions, path: string): unknown {
  const version = path.replace(/^apis?\//, '')
  const rows = table.all().filter((row) => apiVersionOf(row) === version)
  if (rows.length === 0) return undefined
  const schemas: Record<string, unknown> = {}
  for (const row of rows) {
    if (row.schemaName === undefined || !row.schema) continue
    schemas[row.schemaName] = row.custom
      ? {
          ...row.schema,
          'x-kubernetes-group-version-kind': [{ group: row.group, kind: row.kind, version: row.version }],
        }
      : row.schema
    collect(row.schema, definitions, schemas)
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1' },
    paths: Object.assign({}, ...rows.map(pathsOf)) as unknown,
    components: { schemas },
  }
}

function collect(schema: unknown, definitions: Definitions, into: Record<string, unknown>): void {
  if (Array.isArray(schema)) for (const item of schema) collect(item, definitions, into)
  else if (typeof schema === 'object' && schema !== null) {
    for (const [key, value] of Object.entries(schema)) {
      if (key === '$ref' && typeof value === 'string') {
        const name = value.slice(value.lastIndexOf('/') + 1)
        const definition = definitions[name]
        if (name in into || !definition) continue
        into[name] = definition
        collect(definition, definitions, into)
      } else collect(value, definitions, into)
    }
  }
}

const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]
const query = (name: string) => ({
  name,
  in: 'query',
  schema: { type: name === 'force' ? 'boolean' : 'string', uniqueItems: true },
})

function pathsOf(row: Resource): Record<string, unknown> {
  const base = row.group === '' ? `/api/${row.version}` : `/apis/${row.group}/${row.version}`
  const collection = `${base}/${row.namespaced ? 'namespaces/{namespace}/' : ''}${row.plural}`
  const gvk = { group: row.group, version: row.version, kind: row.kind }
  const content =
    row.schemaName === undefined
      ? {}
      : { 'application/json': { schema: { $ref: `#/components/schemas/${row.schemaName}` } } }
  const operation = (
    action: string,
    parameters: readonly string[],
    body: boolean,
    types?: readonly string[],
  ): unknown => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
    parameters: parameters.map(query),
    ...(body
      ? { requestBody: { content: types ? Object.fromEntries(types.map((type) => [type, {}])) : content } }
      : {}),
    responses: { 200: { description: 'OK', content } },
  })
  const writes = ['dryRun', 'fieldManager', 'fieldValidation']
  const has = (verb: string): boolean => row.verbs.includes(verb)
  const types = row.custom ? patchTypes.filter((type) => !type.includes('strategic')) : patchTypes
  return {
    [collection]: {
      ...(has('list') ? { get: operation('list', [], false) } : {}),
      ...(has('create') ? { post: operation('post', writes, true) } : {}),
    },
    [`${collection}/{name}`]: {
      ...(has('get') ? { get: operation('get', [], false) } : {}),
      ...(has('update') ? { put: operation('put', writes, true) } : {}),
      ...(has('patch') ? { patch: operation('patch', [...writes, 'force'], true, types) } : {}),
      ...(has('delete') ? { delete: operation('delete', ['dryRun'], false) } : {}),
    },
  }
}
