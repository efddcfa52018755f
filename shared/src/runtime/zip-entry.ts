import { createWriteStream } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createInflateRaw } from 'node:zlib'

interface Entry {
  readonly offset: number
  readonly size: number
  readonly method: number
}

/** Writes one member of a zip archive (stored or deflated, no zip64) to a file with the given mode. */
export async function extractZipEntry(archive: string, member: string, target: string, mode: number): Promise<void> {
  const file = await open(archive, 'r')
  try {
    const entry = await findEntry(file, member)
    const header = await read(file, entry.offset, 30)
    const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
    const source = file.createReadStream({ start, end: start + entry.size - 1, autoClose: false })
    const sink = createWriteStream(target, { mode, flags: 'wx', flush: true })
    await (entry.method === 0 ? pipeline(source, sink) : pipeline(source, createInflateRaw(), sink))
  } finally {
    await file.close()
  }
}

async function findEntry(file: FileHandle, member: string): Promise<Entry> {
  const { size } = await file.stat()
  // The end record is the last thing in the archive, after it only a comment of at most 64 KiB.
  const tailStart = Math.max(0, size - 65_557)
  const tail = await read(file, tailStart, size - tailStart)
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
  if (end < 0) throw new Error('not a zip archive')
  const directory = await read(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12))
  let at = 0
  while (at + 46 <= directory.length) {
    const nameLength = directory.readUInt16LE(at + 28)
    if (directory.toString('utf8', at + 46, at + 46 + nameLength) === member) {
      return {
        offset: directory.readUInt32LE(at + 42),
        size: directory.readUInt32LE(at + 20),
        method: directory.readUInt16LE(at + 10),
      }
    }
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
  }
  throw new Error(`the archive has no ${member}`)
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await file.read(buffer, 0, length, position)
  if (bytesRead < length) throw new Error('the archive is cut short')
  return buffer
}
