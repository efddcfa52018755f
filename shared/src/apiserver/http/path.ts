/** What a path of the API addresses. */
export interface ApiPath {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly namespace: string
  readonly name: string | undefined
  readonly subresource: string | undefined
  /** By the old path of watches: `/api/v1/watch/…`. */
  readonly watch: boolean
}

/** Reads `/api/v1/…` and `/apis/{group}/{version}/…`; undefined where the path addresses no resource. */
export function parseApiPath(pathname: string): ApiPath | undefined {
  const parts = pathname.split('/').slice(1).map(decodeURIComponent)
  const core = parts[0] === 'api'
  if (!core && parts[0] !== 'apis') return undefined
  const group = core ? '' : (parts[1] ?? '')
  const rest = parts.slice(core ? 1 : 2)
  const version = rest.shift()
  if (version === undefined || rest.length === 0 || rest[0] === '') return undefined
  const watch = rest[0] === 'watch' && rest.length > 1
  if (watch) rest.shift()
  let namespace = ''
  if (
    rest[0] === 'namespaces' &&
    rest.length >= 3 &&
    !(rest.length === 3 && (rest[2] === 'status' || rest[2] === 'finalize'))
  ) {
    namespace = rest[1] ?? ''
    rest.splice(0, 2)
  }
  const [resource = '', name, ...sub] = rest
  return {
    group,
    version,
    resource,
    namespace,
    name: name === '' ? undefined : name,
    subresource: sub.length > 0 ? sub.join('/') : undefined,
    watch,
  }
}
