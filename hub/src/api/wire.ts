import { isUnderWay, type Application } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { byKey } from '@flotilla/shared/lang/order'

/** An Application as the REST API shows it: no kind, and the parts of the status that Go never leaves out. */
export function applicationToWire(object: KubeObject): Record<string, unknown> {
  const { apiVersion: _apiVersion, kind: _kind, ...app } = object as Application
  const status = app.status ?? {}
  const running = runningOperation(app as Application)
  return {
    ...app,
    ...(running && { operation: running }),
    status: {
      ...status,
      sync: {
        status: '',
        ...status.sync,
        comparedTo: status.sync?.comparedTo ?? { source: { repoURL: '' }, destination: {} },
      },
      health: status.health ?? {},
      summary: status.summary ?? {},
    },
  }
}

/** The operation that an agent has begun by itself: whoever looks for one in `operation` sees it there. */
function runningOperation({ operation, status }: Application): Application['operation'] {
  const state = status?.operationState
  return operation ?? (isUnderWay(state) ? state.operation : undefined)
}

/** An Application that was just written: the answers to writes leave out the health of objects, which is told when it is read. */
export function storedToWire(object: KubeObject): Record<string, unknown> {
  const { status, ...app } = object as Application
  const resources = status?.resources?.map(({ health: _health, ...row }) => row)
  return applicationToWire({ ...app, ...(status && { status: { ...status, ...(resources && { resources }) } }) })
}

/** Another object without its kind, as it leaves Argo CD's API. */
export function withoutKind(object: KubeObject): Record<string, unknown> {
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = object
  return rest
}

/** A list as Argo CD sends it: an empty one is null. */
export function listToWire(items: readonly unknown[], resourceVersion?: string): object {
  return { metadata: resourceVersion ? { resourceVersion } : {}, items: items.length > 0 ? items : null }
}

/** Keeps (or, with a leading `-`, drops) the named paths; elements of lists add no step. */
export function selectFields(value: unknown, fields: string): unknown {
  if (fields === '') return value
  const drop = fields.startsWith('-')
  const paths = fields
    .replace(/^-/, '')
    .split(',')
    .map((path) => path.split('.'))
  return drop ? without(value, paths) : only(value, paths)
}

function only(value: unknown, paths: readonly string[][]): unknown {
  if (paths.some((path) => path.length === 0)) return value
  if (Array.isArray(value)) return value.map((item) => only(item, paths))
  if (typeof value !== 'object' || value === null) return value
  const result: Record<string, unknown> = {}
  for (const [key, field] of Object.entries(value)) {
    const below = paths.filter((path) => path[0] === key).map((path) => path.slice(1))
    if (below.length > 0) result[key] = only(field, below)
  }
  return result
}

function without(value: unknown, paths: readonly string[][]): unknown {
  if (Array.isArray(value)) return value.map((item) => without(item, paths))
  if (typeof value !== 'object' || value === null) return value
  const result: Record<string, unknown> = {}
  for (const [key, field] of Object.entries(value)) {
    const below = paths.filter((path) => path[0] === key).map((path) => path.slice(1))
    if (below.some((path) => path.length === 0)) continue
    result[key] = below.length > 0 ? without(field, below) : field
  }
  return result
}

/** JSON with its keys in order, as Go writes it: scripts compare such texts. */
export function goJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(byKey))
      : each,
  )
}
