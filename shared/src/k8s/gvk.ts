/** Group, version and kind; the core group is the empty string. */
export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** Splits `apps/v1` into group and version; `v1` is the core group. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/')
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

/** Joins group and version as an object's `apiVersion` has them. */
export function formatApiVersion(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`
}

/** Group, version and kind of an object. */
export function gvkOf(object: { apiVersion?: string | undefined; kind: string }): GroupVersionKind {
  const { apiVersion = '', kind } = object
  const slash = apiVersion.indexOf('/')
  if (slash < 0) return { group: '', version: apiVersion, kind }
  return { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), kind }
}
