import { dictionary } from '@flotilla/shared/lang/dictionary'
import bcryptjs from 'bcryptjs'
import { createCipheriv, createDecipheriv, createHmac, generateKeyPairSync, scryptSync } from 'node:crypto'
import { fn, type Functions } from '@flotilla/shared/gotemplate/functions'
import type { Random } from '@flotilla/shared/lang/clock'
import { certificateFunctions } from './certificates.ts'

const digits = '0123456789'
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ascii = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => index + 32))

/** Keys and hashes take long to make, on purpose; more than this in one set is a mistake, or worse. */
const mostCostly = 20
const mostBytes = 1_000_000

/** Sprig's functions that make secrets. What is random is other each time that a set is looked at. */
export function secretFunctions(random: Random, now: () => number): Functions {
  let made = 0
  const costly = <T>(make: () => T): T => {
    if (++made > mostCostly) throw new Error(`a set may make at most ${mostCostly} keys and hashes`)
    return make()
  }
  const some = (alphabet: string) =>
    fn('i', (count: bigint) => {
      const wanted = size(count)
      return Array.from({ length: wanted }, () => alphabet.charAt(Math.floor(random.next() * alphabet.length))).join('')
    })
  const bcrypt = (text: string): string => {
    if (Buffer.byteLength(text) > 72) {
      return 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes'
    }
    return costly(() => bcryptjs.hashSync(text, 10)).replace(/^\$2[aby]\$/, '$2a$')
  }
  return {
    ...certificateFunctions({ random, now, costly, generate: () => rsaKey(2048) }),
    randAlphaNum: some(letters + digits),
    randAlpha: some(letters),
    randNumeric: some(digits),
    randAscii: some(ascii),
    randBytes: fn('i', (count: bigint) => Buffer.from(random.bytes(size(count))).toString('base64')),
    uuidv4: fn('', () => random.uuid()),
    bcrypt: fn('s', bcrypt),
    htpasswd: fn('ss', (user: string, password: string) =>
      user.includes(':') ? `invalid username: ${user}` : `${user}:${bcrypt(password)}`,
    ),
    derivePassword: fn('issss', (counter: bigint, type: string, password: string, user: string, site: string) =>
      costly(() => derived(Number(counter), type, password, user, site)),
    ),
    genPrivateKey: fn('s', (type: string) => costly(() => privateKey(type))),
    encryptAES: fn('ss', (password: string, text: string) => {
      if (text === '') return ''
      const start = Buffer.from(random.bytes(16))
      const cipher = createCipheriv('aes-256-cbc', aesKey(password), start)
      return Buffer.concat([start, cipher.update(text), cipher.final()]).toString('base64')
    }),
    decryptAES: fn('ss', (password: string, text: string) => {
      if (text === '') return ''
      const data = Buffer.from(text, 'base64')
      const cipher = createDecipheriv('aes-256-cbc', aesKey(password), data.subarray(0, 16))
      return Buffer.concat([cipher.update(data.subarray(16)), cipher.final()]).toString()
    }),
  }
}

function size(count: bigint): number {
  if (count < 0n) throw new Error('runtime error: makeslice: len out of range')
  if (count > mostBytes) throw new Error(`at most ${mostBytes} characters`)
  return Number(count)
}

function aesKey(password: string): Buffer {
  return Buffer.concat([Buffer.from(password), Buffer.alloc(32)]).subarray(0, 32)
}

function rsaKey(bits: number): string {
  return generateKeyPairSync('rsa', { modulusLength: bits })
    .privateKey.export({ type: 'pkcs1', format: 'pem' })
    .toString()
}

function privateKey(type: string): string {
  switch (type) {
    case '':
    case 'rsa':
      return rsaKey(4096)
    case 'ecdsa':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' })
        .privateKey.export({ type: 'sec1', format: 'pem' })
        .toString()
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    case 'dsa':
      return 'failed to generate private key: keys for DSA are no longer safe, and not made'
    default:
      return `Unknown type ${type}`
  }
}

/** The shapes of passwords of the Master Password algorithm, each letter a set of characters. */
const shapes: Readonly<Record<string, readonly string[]>> = dictionary({
  maximum: ['anoxxxxxxxxxxxxxxxxx', 'axxxxxxxxxxxxxxxxxno'],
  long: (
    'CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno CvcvnoCvccCvcv ' +
    'CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno CvccnoCvccCvcv CvccCvccnoCvcv ' +
    'CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno'
  ).split(' '),
  medium: ['CvcnoCvc', 'CvcCvcno'],
  short: ['Cvcn'],
  basic: ['aaanaaan', 'aannaaan', 'aaannaaa'],
  pin: ['nnnn'],
})

const vowels = 'AEIOU'
const consonants = 'BCDFGHJKLMNPQRSTVWXYZ'
const alphabets: Readonly<Record<string, string>> = dictionary({
  V: vowels,
  C: consonants,
  v: vowels.toLowerCase(),
  c: consonants.toLowerCase(),
  A: vowels + consonants,
  a: vowels + vowels.toLowerCase() + consonants + consonants.toLowerCase(),
  n: digits,
  o: "@&%?,=[]_:-+*$#!'^~;()/.",
  x: `${vowels}${vowels.toLowerCase()}${consonants}${consonants.toLowerCase()}${digits}!@#$%^&*()`,
})

function derived(counter: number, type: string, password: string, user: string, site: string): string {
  const templates = Object.hasOwn(shapes, type) ? shapes[type] : undefined
  if (!templates) return `cannot find password template ${type}`
  const sized = (text: string): Buffer => Buffer.concat([number(Buffer.byteLength(text)), Buffer.from(text)])
  const name = Buffer.from('com.lyndir.masterpassword')
  const cost = { N: 32_768, r: 8, p: 2, maxmem: 128 * 1024 * 1024 }
  const key = scryptSync(password, Buffer.concat([name, sized(user)]), 64, cost)
  const seed = createHmac('sha256', key)
    .update(Buffer.concat([name, sized(site), number(counter)]))
    .digest()
  const template = templates[(seed[0] ?? 0) % templates.length] ?? ''
  return Array.from(template, (kind, index) => {
    const alphabet = alphabets[kind] ?? ''
    return alphabet.charAt((seed[index + 1] ?? 0) % alphabet.length)
  }).join('')
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}
