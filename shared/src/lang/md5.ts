import { createHash } from 'node:crypto'

/** The MD5 hash of a text, in hex: for orders that others made by it, never for secrets. */
export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}
