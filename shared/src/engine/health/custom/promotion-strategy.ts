import type { HealthStatus } from '../../../argo/application.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { at, list, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, conditionsAt, isCurrent } from './rules.ts'
import { join, need } from './strict.ts'

const progressing = (message: string): HealthStatus => verdict('Progressing', message)

/** A chain of environments of GitOps Promoter: each must run the commit that is proposed to it. */
export function promotionStrategyHealth(object: KubeObject): HealthStatus {
  if (at(object, 'status') === undefined) return progressing('Initializing promotion strategy')
  return unready(object) ?? byEnvironments(list(object, 'status', 'environments'))
}

function unready(object: KubeObject): HealthStatus | undefined {
  const ready = conditionsAt(object).find((one) => one['type'] === 'Ready')
  if (!ready) return progressing('Promotion strategy is not ready yet')
  if (!isCurrent(ready, object)) return progressing('Waiting for promotion strategy spec update to be observed')
  if (ready['status'] !== 'False') return undefined
  const reason = asText(ready['reason'] ?? 'Unknown')
  const by = reason === 'ReconciliationError' ? '' : ` (${reason})`
  return verdict(
    'Degraded',
    `Promotion strategy reconciliation failed${by}: ${asText(ready['message'] ?? 'Unknown error')}`,
  )
}

const active = (env: unknown): string => text(env, 'active', 'dry', 'sha')
const proposed = (env: unknown): string =>
  text(env, 'proposed', 'note', 'drySha') || text(env, 'proposed', 'dry', 'sha')
const short = (sha: string): string => sha.slice(0, 7)

function byEnvironments(environments: readonly unknown[]): HealthStatus {
  const [first] = environments
  if (first === undefined) return verdict('Degraded', 'Promotion strategy has no environments configured')
  for (const env of environments) {
    const missing = active(env) === '' ? 'active' : proposed(env) === '' ? 'proposed' : undefined
    if (missing) {
      const line = missing === 'active' ? 77 : 82
      const words = `The ${missing} commit DRY SHA is missing or empty in environment '`
      return progressing(join(line, words, at(env, 'branch'), "'."))
    }
  }
  if (environments.some((env) => proposed(env) !== proposed(first))) {
    return progressing(
      'Not all environments have the same proposed commit SHA. This likely means the hydrator has not run for all environments yet.',
    )
  }
  const moving = environments.find((env) => need(112, at(env, 'proposed', 'dry'), 'sha') !== active(env))
  if (moving) return progressing(promotion(moving))
  return verdict('Healthy', settled(environments, first))
}

const keys = (env: unknown, side: string, phase: string): string[] =>
  list(env, side, 'commitStatuses')
    .filter((one) => text(one, 'phase') === phase)
    .map((one) => text(one, 'key'))

function promotion(env: unknown): string {
  const [pending, success, failure] = ['pending', 'success', 'failure'].map((phase) => keys(env, 'proposed', phase))
  const named = (what: string, some: readonly string[] = []): string =>
    some.length > 0 ? `${what} commit statuses: ${some.join(', ')}. ` : ''
  return [
    `Promotion in progress for environment '${text(env, 'branch')}' from '${short(active(env))}' to '${short(text(env, 'proposed', 'dry', 'sha'))}': `,
    `${pending?.length ?? 0} pending, ${success?.length ?? 0} successful, ${failure?.length ?? 0} failed. `,
    named('Pending', pending),
    named('Failed', failure),
    `Hydrator has processed dry commit '${short(proposed(env))}'. `,
  ].join('')
}

function settled(environments: readonly unknown[], first: unknown): string {
  const noted = environments.flatMap((env) => {
    const [failed, pending] = [keys(env, 'active', 'failure').length, keys(env, 'active', 'pending').length]
    return failed + pending > 0 ? [`${text(env, 'branch')} (${failed} failed, ${pending} pending)`] : []
  })
  return noted.length > 0
    ? `Environments are up-to-date, but some environments have non-successful commit statuses: ${noted.join(', ')}.`
    : `All environments are up-to-date on commit '${short(active(first))}'. Hydrator has processed dry commit '${short(proposed(first))}'.`
}
