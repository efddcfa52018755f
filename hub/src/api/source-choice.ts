import { sourcesOf, type Application, type ApplicationSource } from '@flotilla/shared/argo/application'
import type { FastifyRequest } from 'fastify'
import { queryOf } from './context.ts'
import { ApiError, code } from './errors.ts'

/** The source of an application that a request means: by position, now or at a deployment of its history. */
export function sourceChosen(request: FastifyRequest, app: Application): ApplicationSource {
  const sources = at(app, number(request, 'versionId'))
  const index = number(request, 'sourceIndex') ?? 0
  const source = sources[index]
  if (source) return source
  const there = sources.length === 1 ? 'there is only 1 source' : `there are only ${sources.length} sources`
  throw unknown(`source index ${index} not found because ${there}`)
}

function at(app: Application, version: number | undefined): readonly ApplicationSource[] {
  if (version === undefined) return sourcesOf(app.spec)
  const history = app.status?.history ?? []
  const why = (words: string): ApiError => unknown(`error getting source by version ID: ${words}`)
  if (history.length === 0) throw why(`version ID ${version} not found because the app has no history`)
  const entry = history.find(({ id }) => id === version)
  if (!entry) throw why(`revision history not found for version ID ${version}`)
  return entry.sources?.length ? entry.sources : entry.source ? [entry.source] : []
}

function number(request: FastifyRequest, key: string): number | undefined {
  const text = queryOf(request, key)
  if (text === '') return undefined
  if (/^[+-]?\d+$/.test(text)) return Number(text)
  const message = `type mismatch, parameter: ${key}, error: strconv.ParseInt: parsing "${text}": invalid syntax`
  throw new ApiError(code.invalidArgument, message)
}

function unknown(why: string): ApiError {
  return new ApiError(code.unknown, `error getting app source by source index and version ID: ${why}`)
}

/** Why there is no OCI repository at an address: it is none, or the hub does not read them yet. */
export function ociProblem(url: string): string {
  const [registry = '', ...rest] = url.replace(/^oci:\/\//, '').split('/')
  const repository = rest.join('/').replace(/[:@].*$/s, '')
  const invalid = (what: string): string => `failed to initialize repository: invalid reference: ${what}`
  if (rest.length === 0) return invalid('missing registry or repository')
  if (!/^[^\s/?#@]+$/.test(registry)) return invalid(`invalid registry ${JSON.stringify(registry)}`)
  const words = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
  if (!words.test(repository)) return invalid(`invalid repository ${JSON.stringify(repository)}`)
  return `${url}: OCI repositories are not supported yet`
}
