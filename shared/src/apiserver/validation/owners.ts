import type { FieldError } from '../strategy.ts'
import { invalid } from './field-errors.ts'
import type { Fields } from './values.ts'
import { fieldsList, isSet, textOf } from './values.ts'

const field = 'metadata.ownerReferences'
const order = ['apiVersion', 'kind', 'name', 'uid', 'controller', 'blockOwnerDeletion']

const printable = (owner: Fields): Fields =>
  Object.fromEntries(order.filter((name) => isSet(owner[name])).map((name) => [name, owner[name]]))

/** Checks that owners are named in full, are no events, and that one at most controls. */
export function validateOwners(owners: unknown): FieldError[] {
  const list = fieldsList(owners)
  const errors = list.flatMap(validateOwner)
  let controller: Fields | undefined
  for (const owner of list) {
    if (owner['controller'] !== true) continue
    const named = `${textOf(owner['kind'])}/${textOf(owner['name'])}`
    if (controller)
      errors.push(
        invalid(
          field,
          list.map(printable),
          `Only one reference can have Controller set to true. Found "true" in references for ${textOf(controller['kind'])}/${textOf(controller['name'])} and ${named}`,
        ),
      )
    controller = owner
  }
  return errors
}

function validateOwner(owner: Fields): FieldError[] {
  const apiVersion = textOf(owner['apiVersion'])
  const errors: FieldError[] = []
  if (apiVersion.slice(apiVersion.indexOf('/') + 1) === '')
    errors.push(invalid(`${field}.apiVersion`, apiVersion, 'version must not be empty'))
  for (const name of ['kind', 'name', 'uid'])
    if (textOf(owner[name]) === '') errors.push(invalid(`${field}.${name}`, textOf(owner[name]), 'must not be empty'))
  if (apiVersion === 'v1' && owner['kind'] === 'Event')
    errors.push(invalid(field, printable(owner), '/v1, Kind=Event is disallowed from being an owner'))
  return errors
}
