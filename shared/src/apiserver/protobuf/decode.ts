import type { JsonObject } from '../../lang/json.ts'
import { isObject } from '../../lang/json.ts'
import table from './messages.json' with { type: 'json' }
import { wireFields } from './wire.ts'

/** By field number: the name in JSON (empty: written among the fields around it), and the code of the type. */
type Message = Readonly<Record<string, readonly string[]>>

const kinds: Readonly<Record<string, string>> = table.kinds
const messages = table.messages as unknown as Readonly<Record<string, Message>>
const magic = Buffer.from('k8s\0')

/** Reads a Kubernetes object in its protobuf form, as kubectl sends the kinds it knows. Throws where it is none. */
export function decodeProtobuf(bytes: Buffer): JsonObject {
  if (!bytes.subarray(0, 4).equals(magic))
    throw new RangeError('provided data does not appear to be a protobuf message')
  let apiVersion = ''
  let kind = ''
  let raw: Buffer = Buffer.alloc(0)
  for (const { number, value } of wireFields(bytes.subarray(4))) {
    if (!Buffer.isBuffer(value)) continue
    if (number === 2) raw = value
    if (number !== 1) continue
    for (const field of wireFields(value)) {
      if (field.number === 1) apiVersion = String(field.value)
      if (field.number === 2) kind = String(field.value)
    }
  }
  const name = kinds[`${apiVersion}/${kind}`] ?? kinds[`v1/${kind}`]
  if (name === undefined) throw new RangeError(`no kind "${kind}" is registered for version "${apiVersion}"`)
  return { apiVersion, kind, ...decodeMessage(name, raw) }
}

function decodeMessage(name: string, bytes: Buffer): JsonObject {
  const message = messages[name] ?? {}
  const result: Record<string, unknown> = {}
  for (const { number, value } of wireFields(bytes)) {
    const [field = '', code = ''] = message[number] ?? []
    if (code !== '') put(result, field, code, value)
  }
  return result as JsonObject
}

function put(result: Record<string, unknown>, field: string, code: string, value: bigint | Buffer): void {
  if (code.startsWith('[]')) {
    const list = (result[field] ??= []) as unknown[]
    list.push(decodeValue(code.slice(2), value))
  } else if (code.startsWith('{}')) {
    const map = (result[field] ??= {}) as Record<string, unknown>
    const [key, element] = entryOf(code.slice(2), value as Buffer)
    map[key] = element
  } else if (code.startsWith('*')) {
    result[field] = decodeValue(code.slice(1), value)
  } else {
    const decoded = decodeValue(code, value)
    if (field === '') Object.assign(result, decoded)
    // Go writes the zero values of what is no pointer; they say nothing.
    else if (!isZero(decoded)) result[field] = decoded
  }
}

const isZero = (value: unknown): boolean =>
  value === '' ||
  value === 0 ||
  value === false ||
  value === null ||
  value === undefined ||
  (isObject(value) && Object.keys(value).length === 0)

function entryOf(code: string, bytes: Buffer): [string, unknown] {
  let key = ''
  let element: unknown = code === 'string' || code === 'bytes' ? '' : undefined
  for (const { number, value } of wireFields(bytes)) {
    if (number === 1) key = String(value)
    if (number === 2) element = decodeValue(code, value)
  }
  return [key, element]
}

/** The first field of a message that wraps one value. */
function inner(value: bigint | Buffer, number = 1): bigint | Buffer | undefined {
  let found: bigint | Buffer | undefined
  for (const field of wireFields(value as Buffer)) if (field.number === number) found = field.value
  return found
}

const signed = (value: bigint | Buffer | undefined): number =>
  typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0

function decodeValue(code: string, value: bigint | Buffer): unknown {
  if (code.startsWith('#')) return decodeMessage(code.slice(1), value as Buffer)
  if (code.startsWith('()'))
    return [...wireFields(value as Buffer)].map((field) => decodeValue(code.slice(2), field.value))
  if (code.startsWith('[]')) return [decodeValue(code.slice(2), value)]
  switch (code) {
    case 'string':
      return String(value)
    case 'bytes':
      return (value as Buffer).toString('base64')
    case 'int':
      return signed(value)
    case 'bool':
      return value !== 0n
    case 'double':
      return (value as Buffer).length === 8 ? (value as Buffer).readDoubleLE() : (value as Buffer).readFloatLE()
    case 'quantity':
      return String(inner(value) ?? '')
    case 'intOrString':
      return signed(inner(value)) === 0 ? signed(inner(value, 2)) : String(inner(value, 3) ?? '')
    case 'time':
    case 'microTime':
      return timeOf(value, code === 'microTime')
    case 'duration':
      return `${signed(inner(value)) / 1e9}s`
    default: {
      const raw = inner(value)
      return raw === undefined ? undefined : (JSON.parse(String(raw)) as unknown)
    }
  }
}

function timeOf(value: bigint | Buffer, micro: boolean): string | undefined {
  // Go's zero time is the year 1.
  const seconds = signed(inner(value))
  if ((value as Buffer).length === 0 || seconds === -62_135_596_800) return undefined
  const base = new Date(seconds * 1000).toISOString().slice(0, 19)
  return micro ? `${base}.${String(Math.floor(signed(inner(value, 2)) / 1000)).padStart(6, '0')}Z` : `${base}Z`
}
