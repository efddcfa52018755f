import { closeSync, fsyncSync, openSync, readSync, renameSync, writeSync } from 'node:fs'
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock } from '@flotilla/shared/lang/clock'
import { restUntil, whenAborted } from '@flotilla/shared/lang/rest'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import { syncDirectory } from '@flotilla/shared/runtime/files'

interface Place {
  readonly offset: number
  readonly length: number
}

/** As long as a slow disk takes for a write: nobody waits much longer for it. */
const GATHER_MS = 20

/** Garbage below this is not worth a rewrite. */
const COMPACT_FROM_BYTES = 4 * 1024 * 1024

/**
 * Keys and JSON texts in one file that only grows, one checksummed line an entry: cheap to write, nothing to lose.
 * A torn or rotten line is as if it had never been written; values stay on disk and are read when asked for.
 */
export class Journal {
  readonly #path: string
  readonly #clock: Clock
  readonly #closing = new AbortController()
  readonly #places = new Map<string, Place>()
  readonly #unwritten = new Map<string, string | undefined>()
  readonly damaged: number
  #file: FileHandle
  #size: number
  #live = 0
  #wrote = -Infinity
  #flushing: Promise<void> | undefined
  #next: Promise<void> | undefined

  private constructor(path: string, clock: Clock, file: FileHandle, text: Buffer) {
    this.#path = path
    this.#clock = clock
    this.#file = file
    let damaged = 0
    let offset = 0
    while (offset < text.length) {
      const end = text.indexOf(10, offset)
      if (end < 0) break
      const entry = parseLine(text.toString('utf8', offset, end))
      if (entry === undefined) damaged++
      else this.#place(entry.key, entry.value === undefined ? undefined : { offset, length: end - offset })
      offset = end + 1
    }
    if (offset < text.length) damaged++
    this.damaged = damaged
    this.#size = offset
  }

  static async open(path: string, clock: Clock): Promise<Journal> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const file = await open(path, 'a+', 0o600)
    const journal = new Journal(path, clock, file, await file.readFile())
    // What follows the last whole line was torn by a crash.
    await file.truncate(journal.#size)
    await syncDirectory(dirname(path))
    return journal
  }

  keys(): string[] {
    const keys = new Set(this.#places.keys())
    for (const [key, value] of this.#unwritten) {
      if (value === undefined) keys.delete(key)
      else keys.add(key)
    }
    return [...keys]
  }

  has(key: string): boolean {
    return this.#unwritten.has(key) ? this.#unwritten.get(key) !== undefined : this.#places.has(key)
  }

  /** The JSON text, or undefined where there is none (or it has rotted). */
  get(key: string): string | undefined {
    if (this.#unwritten.has(key)) return this.#unwritten.get(key)
    const place = this.#places.get(key)
    if (place === undefined) return undefined
    const line = Buffer.alloc(place.length)
    readSync(this.#file.fd, line, 0, place.length, place.offset)
    const entry = parseLine(line.toString())
    if (entry?.key === key && entry.value !== undefined) return entry.value
    this.#place(key, undefined)
    return undefined
  }

  /** Sets a JSON text, or forgets the key. Lost by a crash until `flush` has resolved. */
  set(key: string, json: string | undefined): void {
    if (json === undefined && !this.has(key)) return
    this.#unwritten.set(key, json)
  }

  /** Resolves once all that was set before is on disk; callers within a moment share one fsync. */
  flush(): Promise<void> {
    if (this.#flushing === undefined) {
      this.#flushing = this.#write().finally(() => {
        this.#flushing = undefined
      })
      return this.#flushing
    }
    this.#next ??= this.#flushing
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined
        return this.flush()
      })
    return this.#next
  }

  /** Writes what is left at once: the end of a process waits for no timer. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.flush()
    await this.#file.close()
  }

  async #write(): Promise<void> {
    // While one write follows another, a few more share the next.
    if (this.#clock.now() - this.#wrote < GATHER_MS)
      await restUntil(this.#clock, GATHER_MS, whenAborted(this.#closing.signal))
    else await Promise.resolve()
    if (this.#unwritten.size === 0) return
    const batch = new Map(this.#unwritten)
    const lines = [...batch].map(([key, value]) => Buffer.from(line(key, value)))
    try {
      await writeAll(this.#file, Buffer.concat(lines))
      await this.#file.datasync()
      this.#wrote = this.#clock.now()
    } catch (error) {
      // Disk full, say: a half-written line must not run into the next one.
      await this.#file.truncate(this.#size).catch(() => undefined)
      throw error
    }
    let index = 0
    for (const [key, value] of batch) {
      const length = lines[index++]?.length ?? 0
      this.#place(key, value === undefined ? undefined : { offset: this.#size, length: length - 1 })
      this.#size += length
      // A value set meanwhile waits for the next write.
      if (this.#unwritten.get(key) === value) this.#unwritten.delete(key)
    }
    if (this.#size - this.#live > COMPACT_FROM_BYTES && this.#size > 2 * this.#live) await this.#compact()
  }

  /** Copies what is live to a new file and puts it in the old one's place. */
  async #compact(): Promise<void> {
    const temporary = `${this.#path}.tmp`
    const target = openSync(temporary, 'w', 0o600)
    const places = new Map<string, Place>()
    let size = 0
    try {
      for (const [key, { offset, length }] of this.#places) {
        const bytes = Buffer.alloc(length + 1, 10)
        readSync(this.#file.fd, bytes, 0, length, offset)
        writeSync(target, bytes)
        places.set(key, { offset: size, length })
        size += length + 1
      }
      fsyncSync(target)
    } finally {
      closeSync(target)
    }
    renameSync(temporary, this.#path)
    const old = this.#file
    this.#file = await open(this.#path, 'a+', 0o600)
    this.#places.clear()
    for (const [key, place] of places) this.#places.set(key, place)
    this.#size = this.#live = size
    await old.close()
    await syncDirectory(dirname(this.#path))
  }

  #place(key: string, place: Place | undefined): void {
    this.#live += (place?.length ?? -1) + 1 - ((this.#places.get(key)?.length ?? -1) + 1)
    if (place === undefined) this.#places.delete(key)
    else this.#places.set(key, place)
  }
}

/** As `appendFile` does, which takes five times the work to do it. */
async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten
}

/** `checksum "key" value`; a forgotten key has no value. */
function line(key: string, value: string | undefined): string {
  const text = `${JSON.stringify(key)} ${value ?? ''}`
  return `${sha256(text).slice(0, 16)} ${text}\n`
}

function parseLine(text: string): { key: string; value: string | undefined } | undefined {
  const rest = text.slice(17)
  if (text[16] !== ' ' || sha256(rest).slice(0, 16) !== text.slice(0, 16)) return undefined
  const end = endOfString(rest)
  if (rest[0] !== '"' || end < 0 || rest[end] !== ' ') return undefined
  return {
    key: JSON.parse(rest.slice(0, end)) as string,
    value: end + 1 < rest.length ? rest.slice(end + 1) : undefined,
  }
}

/** Where the JSON string at the start of a text has ended; -1 where it does not. */
function endOfString(text: string): number {
  for (let at = 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
  return -1
}
