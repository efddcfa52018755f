// Makes the data of the built-in kinds from recorded discovery and OpenAPI documents of a real API server:
//   node shared/scripts/distill-builtin.mjs FOLDER   (with `schemas/` and `discovery/`)
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const from = process.argv[2]
const to = new URL('../src/apiserver/schema/builtin/', import.meta.url)
const read = (...path) => JSON.parse(readFileSync(join(from, ...path), 'utf8'))

const definitions = {}
const paths = {}
for (const file of readdirSync(join(from, 'schemas')).sort()) {
  const document = read('schemas', file)
  Object.assign(paths, document.paths)
  for (const [name, schema] of Object.entries(document.schemas)) {
    const earlier = definitions[name]
    const kinds = [
      ...(earlier?.['x-kubernetes-group-version-kind'] ?? []),
      ...(schema['x-kubernetes-group-version-kind'] ?? []),
    ]
    definitions[name] = kinds.length > 0 ? { ...schema, 'x-kubernetes-group-version-kind': dedupe(kinds) } : schema
  }
}
function dedupe(values) {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}

const resources = []
const groups = []
for (const file of ['api.aggregated-v2.json', 'apis.aggregated-v2.json'])
  for (const group of read('discovery', file).items) {
    const name = group.metadata.name ?? ''
    groups.push({ group: name, versions: group.versions.map(({ version }) => version) })
    for (const { version, resources: listed } of group.versions) {
      const prefix = name === '' ? `/api/${version}` : `/apis/${name}/${version}`
      const legacy = read('discovery', `${prefix.slice(1).replaceAll('/', '_')}.json`).resources
      for (const resource of listed ?? []) resources.push(row(name, version, prefix, resource, legacy))
    }
  }

function row(group, version, prefix, resource, legacy) {
  const old = legacy.find((candidate) => candidate.name === resource.resource)
  const at = `${prefix}/${resource.scope === 'Namespaced' ? 'namespaces/{namespace}/' : ''}${resource.resource}`
  const list = paths[at]?.get?.kind
  const schema = Object.entries(definitions).find(([, candidate]) =>
    candidate['x-kubernetes-group-version-kind']?.some(
      (gvk) =>
        gvk.group === (resource.responseKind.group || group) &&
        gvk.version === (resource.responseKind.version || version) &&
        gvk.kind === resource.responseKind.kind,
    ),
  )?.[0]
  return {
    group,
    version,
    plural: resource.resource,
    singular: resource.singularResource,
    kind: resource.responseKind.kind,
    ...(list ? { listKind: list.slice(list.lastIndexOf('/') + 1) } : {}),
    namespaced: resource.scope === 'Namespaced',
    verbs: resource.verbs,
    ...(resource.shortNames ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories ? { categories: resource.categories } : {}),
    ...(old?.storageVersionHash ? { storageVersionHash: old.storageVersionHash } : {}),
    ...(schema ? { schema } : {}),
    ...(resource.subresources
      ? {
          subresources: resource.subresources.map((sub) => ({
            name: sub.subresource,
            kind: sub.responseKind?.kind,
            ...(sub.responseKind?.group ? { group: sub.responseKind.group } : {}),
            ...(sub.responseKind?.version ? { version: sub.responseKind.version } : {}),
            ...(sub.acceptedTypes ? { acceptedTypes: sub.acceptedTypes } : {}),
            verbs: sub.verbs,
          })),
        }
      : {}),
  }
}

const lines = (values) => `[\n${values.map((value) => JSON.stringify(value)).join(',\n')}\n]\n`
const object = (values) =>
  `{\n${Object.keys(values)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${JSON.stringify(values[key])}`)
    .join(',\n')}\n}\n`
writeFileSync(new URL('definitions.json', to), object(definitions))
writeFileSync(new URL('resources.json', to), lines(resources))
writeFileSync(new URL('groups.json', to), lines(groups))
