import { invalid } from '@flotilla/shared/apiserver/errors'
import type { FieldError } from '@flotilla/shared/apiserver/strategy'
import { bad } from './containers.ts'
import type { LogOptions } from './log-lines.ts'

/** Reads what a request for logs asks, and refuses what the API refuses. */
export function readLogOptions(query: URLSearchParams, pod: string, now: number): LogOptions {
  const tailLines = integer(query, 'tailLines')
  const limitBytes = integer(query, 'limitBytes')
  const sinceSeconds = integer(query, 'sinceSeconds')
  const sinceTime = query.get('sinceTime')
  const errors: FieldError[] = []
  const wrong = (field: string, value: number, why: string): void =>
    void errors.push({ reason: 'FieldValueInvalid', field, message: `Invalid value: ${value}: ${why}` })
  if (tailLines !== undefined && tailLines < 0) wrong('tailLines', tailLines, 'must be greater than or equal to 0')
  if (limitBytes !== undefined && limitBytes < 1) wrong('limitBytes', limitBytes, 'must be greater than 0')
  if (sinceSeconds !== undefined && sinceTime !== null)
    errors.push({
      reason: 'FieldValueForbidden',
      field: '',
      message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    })
  else if (sinceSeconds !== undefined && sinceSeconds < 1) wrong('sinceSeconds', sinceSeconds, 'must be greater than 0')
  if (errors.length > 0) throw invalid('PodLogOptions', '', pod, errors)
  return {
    container: query.get('container') ?? '',
    follow: isTrue(query, 'follow'),
    previous: isTrue(query, 'previous'),
    timestamps: isTrue(query, 'timestamps'),
    tailLines,
    limitBytes,
    since: sinceSeconds !== undefined ? now - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined,
  }
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^[+-]?\d+$/.test(text)) throw bad(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

/** Go reads any value but a few as true. */
export function isTrue(query: URLSearchParams, name: string): boolean {
  const text = query.get(name)
  return text !== null && !/^(false|0)$/i.test(text)
}
