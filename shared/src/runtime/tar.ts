/** A file of an archive. */
export interface TarFile {
  /** Relative, with `/`. */
  readonly path: string
  readonly bytes: Uint8Array
  readonly executable: boolean
}

const block = 512

/** Reads a tar of files and folders; refuses links, and whatever would lie outside. */
export function readTar(bytes: Buffer): TarFile[] {
  const files: TarFile[] = []
  let longName: string | undefined
  for (let at = 0; at + block <= bytes.length;) {
    const header = bytes.subarray(at, at + block)
    if (header.every((byte) => byte === 0)) break
    const size = octal(header, 124, 12)
    const body = bytes.subarray(at + block, at + block + size)
    if (size < 0 || body.length < size) throw new Error('the archive ends in the middle of a file')
    at += block + Math.ceil(size / block) * block
    const type = String.fromCharCode(header[156] ?? 0)
    if (type === 'L') longName = text(body, 0, body.length)
    else if (type === 'x') longName = pathOfRecords(body.toString('utf8')) ?? longName
    else if (type === 'g') continue
    else {
      const name = longName ?? nameOf(header)
      longName = undefined
      if (type === '5') continue
      if (type !== '0' && type !== '\0') throw new Error(`${name} is neither a file nor a folder`)
      files.push({ path: inside(name), bytes: body, executable: (octal(header, 100, 8) & 0o100) !== 0 })
    }
  }
  return files
}

/** Writes files as a tar that {@link readTar}, and every other, reads. */
export function writeTar(files: readonly TarFile[]): Buffer {
  const parts = files.flatMap(({ path, bytes, executable }) => {
    const name = Buffer.from(path)
    const long =
      name.length > 100 ? [...entry('././@LongLink', 'L', Buffer.concat([name, Buffer.alloc(1)]), 0o644)] : []
    return [...long, ...entry(name.subarray(0, 100), '0', bytes, executable ? 0o755 : 0o644)]
  })
  return Buffer.concat([...parts, Buffer.alloc(2 * block)])
}

function entry(name: string | Uint8Array, type: string, bytes: Uint8Array, mode: number): Uint8Array[] {
  const header = Buffer.alloc(block)
  header.set(typeof name === 'string' ? Buffer.from(name) : name, 0)
  const number = (value: number, at: number, length: number): void =>
    void header.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1')
  number(mode, 100, 8)
  number(0, 108, 8)
  number(0, 116, 8)
  number(bytes.length, 124, 12)
  number(0, 136, 12)
  header.write(' '.repeat(8), 148, 'latin1')
  header.write(type, 156, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  number(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  )
  return [header, bytes, Buffer.alloc((block - (bytes.length % block)) % block)]
}

function nameOf(header: Buffer): string {
  const prefix = text(header, 257, 5) === 'ustar' ? text(header, 345, 155) : ''
  const name = text(header, 0, 100)
  return prefix === '' ? name : `${prefix}/${name}`
}

/** `LENGTH path=NAME` of an extended header. */
function pathOfRecords(records: string): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(records)?.[1]
}

function text(bytes: Uint8Array, at: number, length: number): string {
  const field = Buffer.from(bytes.subarray(at, at + length))
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? field.length : end)
}

function octal(header: Buffer, at: number, length: number): number {
  const digits = text(header, at, length).trim()
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : -1
}

function inside(name: string): string {
  const steps = name.split('/').filter((step) => step !== '' && step !== '.')
  if (name.startsWith('/') || steps.includes('..') || steps.length === 0) {
    throw new Error(`illegal filepath in archive: ${name}`)
  }
  return steps.join('/')
}
