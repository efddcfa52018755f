import type { FieldError } from '../strategy.ts'
import { immutable, invalid, notSupported, required } from '../validation/field-errors.ts'
import { printGo } from '../validation/go-print.ts'
import { dns1035Label, dnsSubdomain } from '../validation/names.ts'
import { at } from '../validation/numbers.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, sameValue, textOf, type Fields } from '../validation/values.ts'
import {
  validateApproval,
  validateColumn,
  validateConversion,
  validateDeprecation,
  validateScalePaths,
  validateSelectable,
} from './version-parts.ts'
import { validateSchema } from './schema.ts'

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
  if (spec['preserveUnknownFields'] === true) errors.push(...refusePreserving(spec, previous))
  errors.push(...validateConversion(fieldsOf(spec['conversion']), 'spec.conversion'))
  errors.push(...validateStored(definition, spec))
  errors.push(...validateApproval(definition, previous))
  if (previous !== undefined) errors.push(...keepIdentity(spec, fieldsOf(previous['spec']), previous))
  return errors
}

function validateGroup(group: string): FieldError[] {
  if (group === '') return [required('spec.group')]
  const complaints = dnsSubdomain(group)
  if (complaints.length > 0) return [invalid('spec.group', group, complaints.join(','))]
  return group.includes('.') ? [] : [invalid('spec.group', group, 'should be a domain with at least one dot')]
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
    else {
      const exact = field === 'plural' || field === 'singular'
      const complaints = dns1035Label(exact ? value : value.toLowerCase())
      if (complaints.length > 0 && exact) errors.push(invalid(path, value, complaints.join(',')))
      else if (complaints.length > 0)
        errors.push(invalid(path, value, `may have mixed case, but should otherwise match: ${complaints.join(',')}`))
    }
  }
  for (const list of ['shortNames', 'categories']) {
    listOf(names[list]).forEach((value, index) => {
      const complaints = dns1035Label(textOf(value))
      if (complaints.length > 0) errors.push(invalid(`spec.names.${list}[${index}]`, value, complaints.join(',')))
    })
  }
  if (isSet(names['kind']) && names['kind'] === names['listKind']) {
    errors.push(invalid('spec.names.listKind', names['listKind'], 'kind and listKind may not be the same'))
  }
  return errors
}

/** Whether all versions say the same of something: then it is of the definition as a whole. */
function isShared(versions: readonly Fields[], name: string): boolean {
  const [first] = versions
  return first !== undefined && versions.every((version) => sameValue(version[name], first[name]))
}

/** A version without what it shares with all others: the server keeps that apart. */
function ownParts(versions: readonly Fields[], version: Fields): Fields {
  const parts = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields']
  return Object.fromEntries(
    Object.entries(version).filter(([name]) => !parts.includes(name) || !isShared(versions, name)),
  )
}

function validateVersions(spec: Fields): FieldError[] {
  const versions = fieldsList(spec['versions'])
  const errors: FieldError[] = []
  const printed = isSet(spec['versions'])
    ? versions.map((version) =>
        printGo('apiextensions.v1.CustomResourceDefinitionVersion', ownParts(versions, version)),
      )
    : undefined
  versions.forEach((version, index) => {
    const path = `spec.versions[${index}]`
    const name = textOf(version['name'])
    const complaints = dns1035Label(name)
    if (complaints.length > 0) errors.push(invalid(`${path}.name`, name, complaints.join(',')))
    // The first is the version of the definition, too.
    if (complaints.length > 0 && index === 0) errors.push(invalid('spec.version', name, complaints.join(',')))
    if (!isFields(at(version, 'schema')['openAPIV3Schema'])) errors.push(required(`${path}.schema.openAPIV3Schema`))
    errors.push(...validateDeprecation(version, path))
  })
  // What all versions share is checked once, where an older API kept it.
  const shared = (name: string): readonly [Fields, string][] =>
    isShared(versions, name)
      ? versions.slice(0, 1).map((version) => [version, 'spec'])
      : versions.map((version, index) => [version, `spec.versions[${index}]`])
  const hasStatus = (version: Fields): boolean => isFields(fieldsOf(version['subresources'])['status'])
  for (const [version, path] of shared('schema')) {
    const schema = at(version, 'schema')['openAPIV3Schema']
    const whole = path === 'spec'
    const field = whole ? 'spec.validation.openAPIV3Schema' : `${path}.schema.openAPIV3Schema`
    const status = whole ? versions.some(hasStatus) : hasStatus(version)
    if (isFields(schema)) errors.push(...validateSchema(schema, field, status))
  }
  for (const [version, path] of shared('subresources'))
    errors.push(...validateScalePaths(at(version, 'subresources')['scale'], `${path}.subresources.scale`))
  for (const [version, path] of shared('additionalPrinterColumns'))
    fieldsList(version['additionalPrinterColumns']).forEach((column, index) =>
      errors.push(...validateColumn(column, `${path}.additionalPrinterColumns[${index}]`)),
    )
  for (const [version, path] of shared('selectableFields'))
    errors.push(...validateSelectable(version, `${path}.selectableFields`))
  const names = versions.map((version) => version['name'])
  if (new Set(names).size < names.length)
    errors.push(invalid('spec.versions', printed, 'must contain unique version names'))
  if (versions.filter((version) => version['storage'] === true).length !== 1)
    errors.push(invalid('spec.versions', printed, 'must have exactly one version marked as storage version'))
  return errors
}

function validateStored(definition: Fields, spec: Fields): FieldError[] {
  const stored = at(definition, 'status')['storedVersions']
  if (listOf(stored).length === 0)
    return [invalid('status.storedVersions', stored, 'must have at least one stored version')]
  const versions = fieldsList(spec['versions'])
  const names = new Set(versions.map((version) => version['name']))
  const unnamed = versions.filter((version) => version['storage'] === true && !listOf(stored).includes(version['name']))
  const missing = unnamed.map((version) =>
    invalid('status.storedVersions', stored, `must have the storage version ${textOf(version['name'])}`),
  )
  const gone = listOf(stored).flatMap((version, index) =>
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
  return [...missing, ...gone]
}

function refusePreserving(spec: Fields, previous: Fields | undefined): FieldError[] {
  if (at(previous, 'spec')['preserveUnknownFields'] === true) return []
  const detail =
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'
  return [invalid('spec.preserveUnknownFields', spec['preserveUnknownFields'], detail)]
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
