import { dictionary } from './dictionary.ts'

const units: Readonly<Record<string, number>> = dictionary({
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
})

/** Milliseconds of a Go duration (`1h30m`, `-1.5s`, `0`); undefined where it is none. */
export function parseGoDuration(text: string): number | undefined {
  const match = /^([+-]?)(.*)$/s.exec(text)
  const body = match?.[2] ?? ''
  if (body === '0') return 0
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) return undefined
  let total = 0
  for (const [, digits = '', unit = ''] of body.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(digits) * (units[unit] ?? 0)
  }
  return match?.[1] === '-' ? -total : total
}

/** Why a text is no Go duration, in Go's words; undefined where it is one. */
export function durationProblem(text: string): string | undefined {
  if (parseGoDuration(text) !== undefined) return undefined
  const quoted = JSON.stringify(text)
  let rest = text.replace(/^[+-]/, '')
  while (rest !== '') {
    const number = /^(?:\d+\.?\d*|\.\d+)/.exec(rest)?.[0]
    if (number === undefined) break
    rest = rest.slice(number.length)
    const unit = /^[^.\d]*/.exec(rest)?.[0] ?? ''
    if (unit === '') return `time: missing unit in duration ${quoted}`
    if (!(unit in units)) return `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`
    rest = rest.slice(unit.length)
  }
  return `time: invalid duration ${quoted}`
}

/** A duration in milliseconds as Go prints it: `1h0m0s`, `1.5s`, `20ms`. */
export function formatGoDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s'
  if (milliseconds < 0) return `-${formatGoDuration(-milliseconds)}`
  if (milliseconds < 1e-3) return `${trim(milliseconds * 1e6)}ns`
  if (milliseconds < 1) return `${trim(milliseconds * 1e3)}µs`
  if (milliseconds < 1000) return `${trim(milliseconds)}ms`
  const hours = Math.floor(milliseconds / 3_600_000)
  const minutes = Math.floor((milliseconds % 3_600_000) / 60_000)
  const seconds = `${trim((milliseconds % 60_000) / 1000)}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}

function trim(value: number): string {
  return String(Number(value.toFixed(9)))
}
