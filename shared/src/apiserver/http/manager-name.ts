import type { FieldError } from '../strategy.ts'
import { invalid, tooLong } from '../validation/field-errors.ts'

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** What is wrong with the name of a field manager: its length, or characters that do not show. */
export function managerMistakes(name: string): FieldError[] {
  const errors: FieldError[] = Buffer.byteLength(name) > 128 ? [tooLong('fieldManager', 128)] : []
  let position = 0
  for (const character of name) {
    if (!printable.test(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
      errors.push(invalid('fieldManager', name, `invalid character U+${code} (at position ${position})`))
    }
    position += Buffer.byteLength(character)
  }
  return errors
}
