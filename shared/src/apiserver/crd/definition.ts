import type { FieldError } from '../strategy.ts'
import { immutable, invalid, invalidAll, notSupported, required } from '../validation/field-errors.ts'
import { dns1035Label, dnsSubdomain } from '../validation/names.ts'
import { at } from '../validation/numbers.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, textOf, type Fields } from '../validation/values.ts'
import { validateStructural } from './structural.ts'

/** All mistakes of a CustomResourceDefinition. */
export function validateDefinition(definition: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(definition['spec'])
  const names = fieldsOf(spec['names'])
  const group = textOf(spec['group'])
  const errors: FieldError[] = []
  const name = textOf(at(definition, 'metadata')['name'])
  if (previous === undefined && name !== `${textOf(names['plural'])}.${group}`) {
    errors.push(invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group'))
  }
  errors.push(...validateGroup(group), ...validateScope(spec['scope']), ...validateNames(names))
  errors.push(...validateVersions(spec))
  errors.push(...validateStored(definition, spec))
  if (previous !== undefined) errors.push(...keepIdentity(spec, fieldsOf(previous['spec']), previous))
  return errors
}

function validateGroup(group: string): FieldError[] {
  if (group === '') return [required('spec.group')]
  const errors = invalidAll('spec.group', group, dnsSubdomain(group))
  if (!group.includes('.')) errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'))
  return errors
}

function validateScope(scope: unknown): FieldError[] {
  if (!isSet(scope)) return [required('spec.scope')]
  return scope === 'Cluster' || scope === 'Namespaced'
    ? []
    : [notSupported('spec.scope', scope, ['Cluster', 'Namespaced'])]
}

function validateNames(names: Fields): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['plural', 'singular', 'kind', 'listKind']) {
    const value = textOf(names[field])
    const path = `spec.names.${field}`
    if (value === '') errors.push(required(path))
    else if (field === 'plural' || field === 'singular') errors.push(...invalidAll(path, value, dns1035Label(value)))
    else {
      const complaints = dns1035Label(value.toLowerCase())
      if (complaints.length > 0)
        errors.push(invalid(path, value, `may have mixed case, but should otherwise match: ${complaints.join(',')}`))
    }
  }
  for (const list of ['shortNames', 'categories']) {
    listOf(names[list]).forEach((value, index) => {
      errors.push(...invalidAll(`spec.names.${list}[${index}]`, value, dns1035Label(textOf(value))))
    })
  }
  if (isSet(names['kind']) && names['kind'] === names['listKind']) {
    errors.push(invalid('spec.names.listKind', names['listKind'], 'kind and listKind may not be the same'))
  }
  return errors
}

function validateVersions(spec: Fields): FieldError[] {
  const versions = fieldsList(spec['versions'])
  const errors: FieldError[] = []
  const single = versions.length === 1
  const seen = new Set<string>()
  versions.forEach((version, index) => {
    const path = `spec.versions[${index}]`
    const name = textOf(version['name'])
    errors.push(...invalidAll(`${path}.name`, name, dns1035Label(name)))
    if (seen.has(name)) errors.push(invalid('spec.versions', versions, 'must contain unique version names'))
    seen.add(name)
    const schema = at(version, 'schema')['openAPIV3Schema']
    // With one version the server checks the schema where an older API kept it.
    const field = single ? 'spec.validation.openAPIV3Schema' : `${path}.schema.openAPIV3Schema`
    if (!isFields(schema)) errors.push(required(`${path}.schema.openAPIV3Schema`, 'schemas are required'))
    else errors.push(...validateStructural(schema, field))
  })
  const storage = versions.filter((version) => version['storage'] === true)
  if (storage.length !== 1) {
    errors.push(invalid('spec.versions', spec['versions'], 'must have exactly one version marked as storage version'))
  }
  return errors
}

function validateStored(definition: Fields, spec: Fields): FieldError[] {
  const stored = at(definition, 'status')['storedVersions']
  if (listOf(stored).length === 0)
    return [invalid('status.storedVersions', stored, 'must have at least one stored version')]
  const names = new Set(fieldsList(spec['versions']).map((version) => version['name']))
  return listOf(stored).flatMap((version, index) =>
    names.has(version)
      ? []
      : [
          invalid(
            `status.storedVersions[${index}]`,
            version,
            'missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions'.replaceAll(
              'v1',
              textOf(version),
            ),
          ),
        ],
  )
}

function keepIdentity(spec: Fields, before: Fields, previous: Fields): FieldError[] {
  const errors: FieldError[] = []
  if (spec['group'] !== before['group']) errors.push(immutable('spec.group', spec['group']))
  const established = fieldsList(at(previous, 'status')['conditions']).some(
    (item) => item['type'] === 'Established' && item['status'] === 'True',
  )
  const names = fieldsOf(spec['names'])
  const old = fieldsOf(before['names'])
  if (names['plural'] !== old['plural']) errors.push(immutable('spec.names.plural', names['plural']))
  if (!established) return errors
  if (spec['scope'] !== before['scope']) errors.push(immutable('spec.scope', spec['scope']))
  if (names['kind'] !== old['kind']) errors.push(immutable('spec.names.kind', names['kind']))
  return errors
}
