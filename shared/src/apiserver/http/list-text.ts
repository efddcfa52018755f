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
): Generator<string> {
  const { listKind: kind } = resource
  const head = JSON.stringify({ kind, apiVersion: apiVersionOf(resource), metadata: listMetadata(resource, metadata) })
  const item = itemText(resource)
  let texts: string[] = []
  let length = 0
  let begun = `${head.slice(0, -1)},"items":[`
  for (const stored of kept) {
    const text = item(stored)
    texts.push(text)
    length += text.length
    if (length < pieceLength) continue
    yield begun + texts.join(',')
    begun = ','
    texts = []
    length = 0
  }
  yield `${texts.length === 0 && begun === ',' ? '' : begun}${texts.join(',')}]}\n`
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
