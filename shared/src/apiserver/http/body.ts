import type { IncomingMessage } from 'node:http'
import type { JsonObject } from '../../lang/json.ts'
import { isObject } from '../../lang/json.ts'
import { duplicateFields } from '../../k8s/duplicate-fields.ts'
import { badRequest } from '../errors.ts'
import { decodeProtobuf } from '../protobuf/decode.ts'
import { StatusError } from '../status-error.ts'
import { YamlBodyError, readYamlBody } from './yaml-body.ts'

const limit = 3_145_728
const protobuf = 'application/vnd.kubernetes.protobuf'

/** The whole body as text, a protobuf one as JSON; 413 above the limit. */
export function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= limit) chunks.push(chunk)
    })
    request.on('end', () => {
      if (size > limit)
        reject(new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`))
      else
        try {
          resolve(textOf(Buffer.concat(chunks), request.headers['content-type']))
        } catch (error) {
          reject(badRequest(error instanceof Error ? error.message : String(error)))
        }
    })
    request.on('error', reject)
  })
}

function textOf(bytes: Buffer, contentType: string | undefined): string {
  const isProtobuf = bytes.length > 0 && contentType?.split(';')[0]?.trim() === protobuf
  return isProtobuf ? JSON.stringify(decodeProtobuf(bytes)) : bytes.toString('utf8')
}

const jsonTypes = new Set(['', 'application/json', 'application/yaml', protobuf, '*/*'])

const summaryLength = 30

/** The beginning of a body, as messages quote it. */
function summary(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length === 0) return '<empty>'
  const cut = bytes.subarray(0, summaryLength).toString(text.startsWith('{') ? 'utf8' : 'hex')
  return bytes.length > summaryLength ? `${cut} ...` : cut
}

export interface ObjectBody {
  readonly body: JsonObject
  /** What a strict reader says of fields that the body says twice. */
  readonly duplicates: readonly string[]
}

/** A complaint of a body: of one that need not be of any kind without the kind and the beginning of the body. */
const unreadable = (kind: string, problem: string, text: string): StatusError =>
  badRequest(
    kind === ''
      ? problem
      : `the object provided is unrecognized (must be of type ${kind}): ${problem} (${summary(text)})`,
  )

/** Custom resources have nothing else to be known by than what they say they are. */
export function requireKind(body: JsonObject, text: string, kind: string): void {
  if (typeof body['kind'] === 'string' && body['kind'] !== '') return
  throw badRequest(
    `the object provided is unrecognized (must be of type ${kind}): Object 'Kind' is missing in '${text}' (${summary(text)})`,
  )
}

/** A body that creates or replaces, as JSON or YAML by its content type. */
export function parseObjectBody(text: string, contentType: string | undefined, kind: string): ObjectBody {
  const type = contentType?.split(';')[0]?.trim()
  if (type === 'application/yaml') {
    try {
      const { value, duplicates } = readYamlBody(text)
      if (isObject(value)) return { body: value, duplicates }
    } catch (error) {
      if (!(error instanceof YamlBodyError)) throw error
      throw unreadable(kind, error.message, text)
    }
  }
  if (type !== undefined && !jsonTypes.has(type))
    throw new StatusError(
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    )
  const value = parseJson(text, kind)
  const duplicates = duplicateFields(text, value).map((path) => `duplicate field "${path}"`)
  if (value === null) return { body: {}, duplicates }
  if (isObject(value)) return { body: value, duplicates }
  const got = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  throw unreadable(
    kind,
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${got} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    text,
  )
}

function parseJson(text: string, kind: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw unreadable(kind, `couldn't get version/kind; json parse error: ${goJsonError(text, error)}`, text)
  }
}

/** The words of Go's JSON scanner for what JavaScript's refused. */
export function goJsonError(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  const position = /position (\d+)/.exec(message)?.[1]
  if (
    /end of JSON|Unterminated|Expected .* at position/.test(message) &&
    (position === undefined || Number(position) >= text.length)
  )
    return 'unexpected end of JSON input'
  const at = position === undefined ? 0 : Number(position)
  if (message.includes('after JSON')) return `invalid character '${text[at] ?? ''}' after top-level value`
  return `invalid character '${text[at] ?? ''}' looking for beginning of value`
}
