import type { Functions } from '../functions.ts'
import { dates } from './dates.ts'
import { dicts } from './dicts.ts'
import { encodings } from './encodings.ts'
import { lists } from './lists.ts'
import { numbers } from './numbers.ts'
import { regexes } from './regexes.ts'
import { strings } from './strings.ts'

/** Sprig's functions, but those that read the machine, and those whose answer is another each time. */
export function sprig(now: () => number): Functions {
  return { ...strings, ...lists, ...dicts, ...numbers, ...encodings, ...regexes, ...dates(now) }
}
