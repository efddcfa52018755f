import { createHash } from 'node:crypto'
import { dictionary } from '@flotilla/shared/lang/dictionary'

/** A public key as the API speaks of it. */
export interface PublicKey {
  readonly keyID: string
  readonly fingerprint: string
  readonly owner: string
  readonly trust: string
  readonly subType: string
  readonly keyData: string
}

interface Packet {
  readonly tag: number
  readonly body: Buffer
  /** With its header. */
  readonly whole: Buffer
}

const publicKeyTag = 6
const userIdTag = 13
const armored = /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n([\s\S]*?)-----END PGP PUBLIC KEY BLOCK-----/g

/** The long id of a key, given that or its fingerprint. */
export function keyId(text: string): string {
  if (/^[\da-fA-F]{40}$/.test(text)) return text.slice(24)
  if (/^[\da-fA-F]{16}$/.test(text)) return text
  throw new Error(`'${text}' is not a valid GnuPG key ID`)
}

/** The public keys of armored blocks (RFC 4880): who they are; whether somebody signed them is not looked at. */
export function readPublicKeys(text: string): PublicKey[] {
  return [...text.matchAll(armored)].flatMap(([, block = '']) => {
    const [first = '', rest] = block.split(/\r?\n\r?\n/, 2)
    const base64 = (rest ?? first).replace(/^=.{4}$/m, '').replace(/\s/g, '')
    return keysOf(packets(Buffer.from(base64, 'base64')))
  })
}

function keysOf(all: readonly Packet[]): PublicKey[] {
  const starts = all.flatMap((packet, index) => (packet.tag === publicKeyTag ? [index] : []))
  return starts.flatMap((start, index) => {
    const own = all.slice(start, starts[index + 1])
    const body = own[0]?.body
    if (!body || body[0] !== 4) return []
    const fingerprint = fingerprintOf(body)
    const owner = own.find((packet) => packet.tag === userIdTag)?.body.toString('utf8') ?? ''
    return [
      {
        keyID: fingerprint.slice(24),
        fingerprint,
        owner,
        trust: 'unknown',
        subType: subTypeOf(body),
        keyData: armor(Buffer.concat(own.map((packet) => packet.whole))),
      },
    ]
  })
}

function fingerprintOf(body: Buffer): string {
  const length = Buffer.alloc(3)
  length[0] = 0x99
  length.writeUInt16BE(body.length, 1)
  return createHash('sha1').update(length).update(body).digest('hex').toUpperCase()
}

const algorithms: Readonly<Record<number, string>> = { 1: 'rsa', 2: 'rsa', 3: 'rsa', 16: 'elg', 17: 'dsa' }
const curves: Readonly<Record<string, string>> = dictionary({
  '2b06010401da470f01': 'ed25519', '2a8648ce3d030107': 'nistp256', '2b81040022': 'nistp384', '2b81040023': 'nistp521',
  '2b8104000a': 'secp256k1',
}) // prettier-ignore

/** Algorithm and size, as `gpg` prints them. */
function subTypeOf(body: Buffer): string {
  const algorithm = body[5] ?? 0
  const named = algorithms[algorithm]
  if (named !== undefined) return `${named}${body.readUInt16BE(6)}`
  const oid = body.subarray(7, 7 + (body[6] ?? 0)).toString('hex')
  return curves[oid] ?? 'unknown'
}

function packets(bytes: Buffer): Packet[] {
  const found: Packet[] = []
  for (let at = 0; at < bytes.length;) {
    const header = headerAt(bytes, at)
    if (!header || header.start + header.length > bytes.length) return found
    const end = header.start + header.length
    found.push({ tag: header.tag, body: bytes.subarray(header.start, end), whole: bytes.subarray(at, end) })
    at = end
  }
  return found
}

/** Old and new headers; parts of unknown length do not occur in keys. */
function headerAt(bytes: Buffer, at: number): { tag: number; start: number; length: number } | undefined {
  const first = bytes[at] ?? 0
  const one = bytes[at + 1] ?? 0
  if ((first & 0x80) === 0) return undefined
  if ((first & 0x40) === 0) {
    const tag = (first >> 2) & 0xf
    const width = [1, 2, 4][first & 3]
    if (width === undefined || at + 1 + width > bytes.length) return undefined
    return { tag, start: at + 1 + width, length: bytes.readUIntBE(at + 1, width) }
  }
  const tag = first & 0x3f
  if (one < 192) return { tag, start: at + 2, length: one }
  if (one < 224) return { tag, start: at + 3, length: ((one - 192) << 8) + (bytes[at + 2] ?? 0) + 192 }
  if (one !== 255 || at + 6 > bytes.length) return undefined
  return { tag, start: at + 6, length: bytes.readUInt32BE(at + 2) }
}

function armor(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  const sum = Buffer.alloc(3)
  sum.writeUIntBE(crc24(bytes), 0, 3)
  const body = [...lines, `=${sum.toString('base64')}`].join('\n')
  return `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${body}\n-----END PGP PUBLIC KEY BLOCK-----\n`
}

function crc24(bytes: Buffer): number {
  let sum = 0xb704ce
  for (const byte of bytes) {
    sum ^= byte << 16
    for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ ((sum & 0x800000) === 0 ? 0 : 0x1864cfb)
  }
  return sum & 0xffffff
}
