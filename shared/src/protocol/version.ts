/**
 * The version of the conversation between hub and agent; the WebSocket's subprotocol carries it.
 *
 * 1  assignments by delta, content by digest, whole reports, queries and streams
 * 2  an agent tells that its cluster does not answer, and which kinds it cannot see; it says how manifests differ
 */
export const PROTOCOL_VERSION = 2

/** The oldest version that is still spoken. */
export const OLDEST_PROTOCOL_VERSION = 1

/** `flotilla.1`, as offered and chosen in `Sec-WebSocket-Protocol`. */
export function subprotocol(version: number): string {
  return `flotilla.${version}`
}

/** The version that a subprotocol stands for. */
export function versionOf(protocol: string): number | undefined {
  const version = /^flotilla\.(\d+)$/.exec(protocol)?.[1]
  return version === undefined ? undefined : Number(version)
}

/** All that this program speaks, newest first. */
export function spokenSubprotocols(): string[] {
  const spoken: string[] = []
  for (let version = PROTOCOL_VERSION; version >= OLDEST_PROTOCOL_VERSION; version--) spoken.push(subprotocol(version))
  return spoken
}

/** The newest version that both speak, or undefined: then nothing is said at all. */
export function chooseVersion(offered: readonly string[]): number | undefined {
  for (let version = PROTOCOL_VERSION; version >= OLDEST_PROTOCOL_VERSION; version--)
    if (offered.includes(subprotocol(version))) return version
  return undefined
}
