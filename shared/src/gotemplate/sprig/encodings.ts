import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { jsonSyntaxError } from '../../lang/go-json-error.ts'
import { fn, type Functions } from '../functions.ts'
import { isMap, toJson, type GoMap, type Value } from '../values.ts'

const hash = (algorithm: string) => fn('s', (value: string) => createHash(algorithm).update(value).digest('hex'))
const base32Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function base64Text(value: string): string {
  const clean = value.replace(/[\r\n]/g, '')
  const bad = /[^A-Za-z0-9+/=]/.exec(clean)
  if (bad) return `illegal base64 data at input byte ${bad.index}`
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(clean)) {
    return `illegal base64 data at input byte ${Math.floor(clean.replace(/=+$/, '').length / 4) * 4}`
  }
  return Buffer.from(clean, 'base64').toString()
}

function base32(value: string): string {
  let bits = ''
  for (const byte of Buffer.from(value)) bits += byte.toString(2).padStart(8, '0')
  const groups = bits.match(/.{1,5}/g) ?? []
  const out = groups.map((group) => base32Letters[Number.parseInt(group.padEnd(5, '0'), 2)] ?? '').join('')
  return out.padEnd(Math.ceil(out.length / 8) * 8, '=')
}

function base32Text(value: string): string {
  const digits = value.replace(/=+$/, '')
  const bad = Array.from(digits).findIndex((char) => !base32Letters.includes(char))
  if (bad >= 0 || value.length % 8 !== 0) return `illegal base32 data at input byte ${Math.max(0, bad)}`
  let bits = ''
  for (const char of digits) bits += base32Letters.indexOf(char).toString(2).padStart(5, '0')
  const bytes = (bits.match(/.{8}/g) ?? []).map((each) => Number.parseInt(each, 2))
  return Buffer.from(bytes).toString()
}

function adler32(value: string): string {
  let a = 1
  let b = 0
  for (const byte of Buffer.from(value)) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  return String(b * 65_536 + a)
}

const parseJson = (value: string): Value => {
  try {
    return JSON.parse(value) as Value
  } catch (error) {
    throw new Error(jsonSyntaxError(value), { cause: error })
  }
}
const lenientJson = (value: string): Value => {
  try {
    return parseJson(value)
  } catch {
    return undefined
  }
}

function urlParse(value: string): GoMap {
  if (value.startsWith(':'))
    throw new Error(`unable to parse url: parse ${JSON.stringify(value)}: missing protocol scheme`)
  const badEscape = /%(?![\da-fA-F]{2}).{0,2}/.exec(value.split('#', 1)[0]?.split('?', 1)[0] ?? '')?.[0]
  if (badEscape !== undefined)
    throw new Error(
      `unable to parse url: parse ${JSON.stringify(value)}: invalid URL escape ${JSON.stringify(badEscape)}`,
    )
  const [, scheme = '', , authority = '', path = '', , query = '', , fragment = ''] =
    /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(\/\/([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?$/s.exec(value) ?? []
  const at = authority.lastIndexOf('@')
  const host = at < 0 ? authority : authority.slice(at + 1)
  const userinfo = at < 0 ? '' : authority.slice(0, at)
  return { scheme, host, hostname: host.replace(/:\d*$/, ''), path, query, opaque: '', fragment, userinfo }
}

function urlJoin(map: GoMap): string {
  const part = (key: string): string => (typeof map[key] === 'string' ? map[key] : '')
  const authority = part('userinfo') === '' ? part('host') : `${part('userinfo')}@${part('host')}`
  const scheme = part('scheme') === '' ? '' : `${part('scheme')}:`
  const path =
    part('path') !== '' && authority !== '' && !part('path').startsWith('/') ? `/${part('path')}` : part('path')
  const query = part('query') === '' ? '' : `?${part('query')}`
  const fragment = part('fragment') === '' ? '' : `#${part('fragment')}`
  return `${scheme}${authority === '' ? '' : `//${authority}`}${path}${query}${fragment}`
}

const base = (value: string): string => (value === '' ? '.' : /^\/+$/.test(value) ? '/' : posix.basename(value))
const extension = (value: string): string => /\.[^./]*$/.exec(value)?.[0] ?? ''

/** Sprig's encodings, hashes, paths and URLs. */
export const encodings: Functions = {
  b64enc: fn('s', (value: string) => Buffer.from(value).toString('base64')),
  b64dec: fn('s', base64Text),
  b32enc: fn('s', base32),
  b32dec: fn('s', base32Text),
  sha1sum: hash('sha1'),
  sha256sum: hash('sha256'),
  sha512sum: hash('sha512'),
  adler32sum: fn('s', adler32),
  toJson: fn('n', (value: Value) => toJson(value)),
  mustToJson: fn('n', (value: Value) => toJson(value)),
  toPrettyJson: fn('n', (value: Value) => toJson(value, { indent: '  ' })),
  mustToPrettyJson: fn('n', (value: Value) => toJson(value, { indent: '  ' })),
  toRawJson: fn('n', (value: Value) => toJson(value, { escape: false })),
  mustToRawJson: fn('n', (value: Value) => toJson(value, { escape: false })),
  fromJson: fn('s', lenientJson),
  mustFromJson: fn('s', parseJson),
  urlParse: fn('s', urlParse),
  urlJoin: fn('m', (map: Value) => urlJoin(isMap(map) ? map : {})),
  base: fn('s', base),
  dir: fn('s', (value: string) => posix.dirname(value)),
  clean: fn('s', (value: string) => posix.normalize(value).replace(/(?<=.)\/$/, '')),
  ext: fn('s', extension),
  isAbs: fn('s', (value: string) => value.startsWith('/')),
  osBase: fn('s', base),
  osDir: fn('s', (value: string) => posix.dirname(value)),
  osClean: fn('s', (value: string) => posix.normalize(value).replace(/(?<=.)\/$/, '')),
  osExt: fn('s', extension),
  osIsAbs: fn('s', (value: string) => value.startsWith('/')),
}
