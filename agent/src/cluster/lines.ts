const newline = 10

/** The lines of a stream that are not empty, each a text of its own, which keeps nothing else alive. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncIterable<string> {
  let begun: Buffer[] = []
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const piece = chunk.subarray(start, end)
      const line = begun.length === 0 ? piece : Buffer.concat([...begun, piece])
      begun = []
      start = end + 1
      if (line.length > 0) yield line.toString()
    }
    if (start < chunk.length) begun.push(chunk.subarray(start))
  }
  const last = Buffer.concat(begun)
  if (last.length > 0) yield last.toString()
}
