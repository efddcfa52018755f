/** Versions of one API server are numbers that grow; anything else is taken as new when it differs. */
export function isNewer(version: string, than: string): boolean {
  if (!isNumber(version) || !isNumber(than)) return version !== than
  return version.length === than.length ? version > than : version.length > than.length
}

/** Whether time has gone back: only where versions can be compared at all. */
export function isOlder(version: string, than: string): boolean {
  return isNumber(version) && isNumber(than) && version !== than && isNewer(than, version)
}

function isNumber(version: string): boolean {
  return /^\d+$/.test(version)
}
