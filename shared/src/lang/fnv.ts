const prime = 309485009821345068724781371n
const offset = 144066263297769815596495629667062367629n

/** The 128-bit FNV-1a hash of a text, in hex. */
export function fnv128a(text: string): string {
  let hash = offset
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(128, (hash ^ BigInt(byte)) * prime)
  return hash.toString(16).padStart(32, '0')
}
