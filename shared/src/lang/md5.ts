const shifts = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const
const constants = Array.from({ length: 64 }, (_, step) => Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32))

/** The MD5 hash of a text, in hex: for orders that others made by it, never for secrets. */
export function md5(text: string): string {
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476])
  const words = padded(new TextEncoder().encode(text))
  for (let start = 0; start < words.length; start += 16) mix(state, words.subarray(start, start + 16))
  return [...new Uint8Array(state.buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Whole blocks of 16 words: the text, a bit, zeros, and the length of the text in bits. */
function padded(bytes: Uint8Array): Uint32Array {
  const whole = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64)
  whole.set(bytes)
  whole[bytes.length] = 0x80
  const words = new Uint32Array(whole.buffer)
  words[words.length - 2] = bytes.length * 8
  words[words.length - 1] = Math.floor(bytes.length / 2 ** 29)
  return words
}

function mix(state: Uint32Array, block: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0] = state
  for (let step = 0; step < 64; step++) {
    const round = step >> 4
    const [bits, place] = pick(round, step, b, c, d)
    const sum = (a + bits + (constants[step] ?? 0) + (block[place & 15] ?? 0)) | 0
    const shift = shifts[round]?.[step & 3] ?? 0
    const next = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0
    ;[a, b, c, d] = [d, next, b, c]
  }
  for (const [place, value] of [a, b, c, d].entries()) state[place] = ((state[place] ?? 0) + value) | 0
}

function pick(round: number, step: number, b: number, c: number, d: number): readonly [number, number] {
  switch (round) {
    case 0:
      return [(b & c) | (~b & d), step]
    case 1:
      return [(d & b) | (~d & c), 5 * step + 1]
    case 2:
      return [b ^ c ^ d, 3 * step + 5]
    default:
      return [c ^ (b | ~d), 7 * step]
  }
}
