import { TemplatePanic } from '@flotilla/shared/gotemplate/error'
import type { ApplicationSet, Generated, Generator } from '../application-sets/types.ts'
import { GenerateError } from '../application-sets/types.ts'
import { ApiError, code } from './errors.ts'

const kinds: ReadonlySet<string> = new Set([
  'list', 'clusters', 'git', 'scmProvider', 'clusterDecisionResource', 'pullRequest', 'matrix', 'merge', 'plugin',
]) // prettier-ignore

/** What a set would make, for somebody who asks by way of the API; failures in Argo CD's words. */
export async function previewSet(
  set: ApplicationSet,
  generate: (set: ApplicationSet) => Promise<Generated[]>,
): Promise<Generated[]> {
  refuseUnrecognized(set)
  try {
    return await generate(set)
  } catch (error) {
    if (!(error instanceof GenerateError)) throw error
    // A revision that cannot be found out is told as it is.
    const git = /^error generating params from git: error getting (?:directories|files) from repo: (.+)$/s.exec(
      error.message,
    )
    if (error.cause instanceof TemplatePanic) throw new ApiError(code.unknown, error.message, { cause: error })
    const message = git
      ? `unable to resolve git revision : ${git[1] ?? ''}`
      : `unable to generate Applications of ApplicationSet: error generating applications: ${error.message}`
    throw new ApiError(code.unknown, message, { cause: error })
  }
}

/** A set with a generator of no kind that there is. */
export function refuseUnrecognized(set: ApplicationSet): void {
  const known = (generator: Generator): boolean =>
    Object.entries(generator).some(([kind, body]) => kinds.has(kind) && body !== null && body !== undefined)
  if ((set.spec.generators ?? []).every(known)) return
  const name = set.metadata.name ?? ''
  const message = `error validating ApplicationSets: ApplicationSet ${name} contains unrecognized generators`
  throw new ApiError(code.unknown, message)
}
