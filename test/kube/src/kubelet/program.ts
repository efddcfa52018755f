import type { Container, Pod } from '../controllers/types.ts'
import { hasProgram, runProgram, type Surroundings } from './shell.ts'

/** What a container prints, and when and how it ends. */
export interface Timeline {
  readonly lines: readonly { readonly atMs: number; readonly text: string }[]
  /** Absent: it runs until it is stopped. */
  readonly end?: { readonly atMs: number; readonly exitCode: number }
  /** It runs a program that the stand-in does not have: how long that takes is for the pace to say. */
  readonly unknown?: true
}

export type Behaviour = 'runs' | 'missing' | 'crashes' | 'never-ready'

/** The tag of an image tells how its container behaves. */
export function behaviourOf(image: string): Behaviour {
  const tag = /:([^/:@]+)(?:@.*)?$/.exec(image)?.[1]
  if (tag === 'missing') return 'missing'
  if (tag === 'crash') return 'crashes'
  return tag === 'never-ready' ? 'never-ready' : 'runs'
}

const mostEffects = 10_000

/** Plays a container's command ahead of time, as far as it is one of the few programs of the stand-in. */
export function timelineOf(container: Container, around: Surroundings): Timeline {
  const argv = [...(container.command ?? []), ...(container.args ?? [])]
  if (container.command === undefined || !hasProgram(argv[0] ?? '')) return { lines: [], unknown: true }
  const lines: { atMs: number; text: string }[] = []
  let atMs = 0
  let rest = ''
  const process = runProgram(argv, around)
  let next = process.next()
  for (let count = 0; !next.done && count < mostEffects; count++) {
    const effect = next.value
    if (effect.kind === 'unknown') return { lines, unknown: true }
    if (effect.kind === 'sleep') atMs += effect.ms
    if (atMs === Infinity) return { lines }
    if (effect.kind === 'out' || effect.kind === 'err') {
      const parts = (rest + effect.text).split('\n')
      rest = parts.pop() ?? ''
      lines.push(...parts.map((text) => ({ atMs, text })))
    }
    next = process.next(undefined)
  }
  if (rest !== '') lines.push({ atMs, text: rest })
  return { lines, end: { atMs, exitCode: next.done ? next.value : 137 } }
}

/** The variables of a container that its own spec tells. */
export function plainEnv(container: Container): Record<string, string> {
  return Object.fromEntries((container.env ?? []).map(({ name, value = '' }) => [name, value]))
}

/** What a container finds around it as far as its pod alone tells. */
export function plainSurroundings(pod: Pod, container: Container): Surroundings {
  const hostname = pod.spec.hostname ?? pod.metadata.name ?? ''
  return { env: plainEnv(container), files: new Map(), cwd: '/', hostname, now: () => 0 }
}
