import { createHash } from 'node:crypto'

/** One line of `ssh_known_hosts`. */
export interface KnownHost {
  readonly host: string
  readonly type: string
  /** The key, in base64; a comment may follow it. */
  readonly key: string
}

/** The lines that name a host, the type of its key and the key; all others say nothing. */
export function parseKnownHosts(text: string): KnownHost[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) return []
    const [, host, type, key] = /^(\S+) (\S+) (.+)$/s.exec(trimmed) ?? []
    return host !== undefined && type !== undefined && key !== undefined ? [{ host, type, key }] : []
  })
}

export function printKnownHosts(hosts: readonly KnownHost[]): string {
  return hosts.map(({ host, type, key }) => `${host} ${type} ${key}\n`).join('')
}

/** The bytes of a key, if they are what they say they are: a key begins with its own type. */
export function keyBytes({ type, key }: KnownHost): Buffer | undefined {
  const text = key.split(/\s/)[0] ?? ''
  if (!/^[\w+/]+={0,2}$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length < 4) return undefined
  const length = bytes.readUInt32BE(0)
  return bytes.subarray(4, 4 + length).toString('latin1') === type ? bytes : undefined
}

/** As `ssh-keygen -l` shows it, without its `SHA256:`. */
export function fingerprintOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64').replace(/=+$/, '')
}
