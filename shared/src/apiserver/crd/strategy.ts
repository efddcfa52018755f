import type { KindStrategy } from '../strategy.ts'
import { childOf, fieldsList, fieldsOf, isSet, listOf, setDefault, textOf, type Fields } from '../validation/values.ts'
import { quoteGo } from '../validation/field-errors.ts'
import { validateDefinition } from './definition.ts'
import { unknownFormats } from './formats.ts'

/** Holds a definition until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

/** CustomResourceDefinition: names and conversion filled in, conditions left to the one who accepts names. */
export const crdStrategy: KindStrategy = {
  finalizersOnDelete: [cleanupFinalizer],
  defaults: defaultDefinition,
  prepare: (next, previous, context) => {
    const spec = fieldsOf(next['spec'])
    const storage = fieldsList(spec['versions']).find((version) => version['storage'] === true)?.['name']
    if (context.subresource !== undefined) {
      const status = childOf(next, 'status')
      // What is kept is at least of the version that is kept now.
      if (listOf(status['storedVersions']).length === 0 && storage !== undefined) status['storedVersions'] = [storage]
      return
    }
    if (previous === undefined) {
      next['status'] = {
        conditions: null,
        acceptedNames: { plural: '', kind: '' },
        storedVersions: storage === undefined ? null : [storage],
      }
      return
    }
    const status = childOf(next, 'status')
    const stored = listOf(status['storedVersions'])
    if (storage !== undefined && !stored.includes(storage)) status['storedVersions'] = [...stored, storage]
  },
  // Its status is not judged.
  validate: (next, previous, { subresource }) => (subresource === undefined ? validateDefinition(next, previous) : []),
  warnings: (next, previous, context) => {
    if (context.subresource !== undefined) return []
    const known = previous === undefined ? [] : unknownFormats(previous)
    return unknownFormats(next)
      .filter((format) => !known.includes(format))
      .map((format) => `unrecognized format ${quoteGo(format)}`)
  },
}

/** Fills what follows from other fields of a definition. */
export function defaultDefinition(definition: Fields): void {
  const spec = childOf(definition, 'spec')
  const names = childOf(spec, 'names')
  const kind = textOf(names['kind'])
  if (!isSet(names['singular']) && kind !== '') names['singular'] = kind.toLowerCase()
  if (!isSet(names['listKind']) && kind !== '') names['listKind'] = `${kind}List`
  setDefault(childOf(spec, 'conversion'), 'strategy', 'None')
  const webhook = fieldsOf(fieldsOf(spec['conversion'])['webhook'])
  const service = fieldsOf(webhook['clientConfig'])['service']
  if (typeof service === 'object' && service !== null) (service as Fields)['port'] ??= 443
}
