import { apiVersionOf } from '../decode-object.ts'
import type { Stored } from '../object-store.ts'
import type { Resource } from '../resource.ts'
import { textOf } from '../write.ts'
import { listMetadata } from './present.ts'

const pieceLength = 512 * 1024

/** A list as JSON, in pieces: the objects' own texts, which nobody has to read. Of kinds that are shown as they are kept. */
export function* listText(
  resource: Resource,
  kept: readonly Stored[],
  metadata: Record<string, unknown>,
): Generator<Buffer> {
  const { listKind: kind } = resource
  const head = JSON.stringify({ kind, apiVersion: apiVersionOf(resource), metadata: listMetadata(resource, metadata) })
  const item = itemText(resource)
  let texts = [`${head.slice(0, -1)},"items":[`]
  let length = 0
  for (const [index, stored] of kept.entries()) {
    if (index > 0) texts.push(',')
    const text = item(stored)
    texts.push(text)
    length += text.length
    if (length < pieceLength) continue
    yield joined(texts)
    texts = []
    length = 0
  }
  texts.push(']}\n')
  yield joined(texts)
}

/** Texts one after the other: joined as bytes they are copied once. */
export function joined(texts: readonly string[]): Buffer {
  const bytes = Buffer.allocUnsafe(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0))
  let at = 0
  for (const text of texts) at += bytes.write(text, at)
  return bytes
}

/** Items of lists do not say their type, but for custom resources. */
function itemText(resource: Resource): (stored: Stored) => string {
  if (resource.custom) return textOf
  const kind = `"kind":${JSON.stringify(resource.kind)}`
  const apiVersion = `"apiVersion":${JSON.stringify(apiVersionOf(resource))}`
  const beginnings = [`{${apiVersion},${kind},`, `{${kind},${apiVersion},`]
  return (stored) => {
    const text = textOf(stored)
    const said = beginnings.find((beginning) => text.startsWith(beginning))
    if (said !== undefined) return `{${text.slice(said.length)}`
    const { kind: _, apiVersion: __, ...rest } = stored.object
    return JSON.stringify(rest)
  }
}
