import type { HealthStatus } from '../../../argo/application.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { at, list, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { promotionStrategyHealth } from './promotion-strategy.ts'
import { asText, conditionsAt, type CustomRule, type RuleTable } from './rules.ts'

/** What a kind of GitOps Promoter is called in each of the sentences about it. */
interface Words {
  /** `Initializing …` */
  readonly initializing: string
  /** Before `spec update to be observed`. */
  readonly observed: string
  /** Before `: …` for a failed reconciliation. */
  readonly failed: string
  /** Before ` (reason): …`; as `failed` where absent. */
  readonly refused?: string
  /** Before ` (reason): …` where readiness is unknown; absent: unknown is as good as ready. */
  readonly unknown?: string
  readonly missing: string
  readonly types?: readonly string[]
}

/** Judged by its Ready condition, then by what else it tells. */
function ready(words: Words, then: (object: KubeObject) => HealthStatus): CustomRule {
  const { types = ['Ready'] } = words
  return (object) => {
    if (at(object, 'status') === undefined) return verdict('Progressing', `Initializing ${words.initializing}`)
    const found = conditionsAt(object).filter((one) => types.includes(asText(one['type'])))
    for (const { observedGeneration, status, reason, message } of found) {
      const { generation } = object.metadata
      if (observedGeneration !== undefined && generation !== undefined && observedGeneration !== generation)
        return verdict('Progressing', `Waiting for ${words.observed} spec update to be observed`)
      const by = asText(reason ?? 'Unknown')
      if (status === 'False') {
        const said = asText(message ?? 'Unknown error')
        return verdict(
          'Degraded',
          by === 'ReconciliationError'
            ? `${words.failed}: ${said}`
            : `${words.refused ?? words.failed} (${by}): ${said}`,
        )
      }
      if (status === 'Unknown' && words.unknown !== undefined)
        return verdict('Progressing', `${words.unknown} (${by}): ${asText(message ?? 'Unknown')}`)
    }
    return found.length === 0 ? verdict('Progressing', words.missing) : then(object)
  }
}

const healthy = (message: string) => (): HealthStatus => verdict('Healthy', message)

/** Git repositories and those who host them. */
function host(kind: string, name: string, lower: string): CustomRule {
  return ready(
    {
      initializing: lower,
      observed: kind,
      failed: `${name} validation failed`,
      refused: `${name} not ready`,
      unknown: `${name} readiness unknown`,
      missing: `${kind} Ready condition is missing`,
    },
    healthy(`${name} is ready`),
  )
}

interface Gate {
  readonly kind: string
  /** As it stands in sentences, and at their start. */
  readonly name: string
  readonly unknown: string
  readonly outcome: string
  readonly passed: string
}

const upper = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)

/** A gate that each environment has to pass. */
function gate({ kind, name, unknown, outcome, passed }: Gate): CustomRule {
  return ready(
    {
      initializing: name,
      observed: kind,
      failed: `${upper(name)} failed`,
      refused: `${upper(name)} not ready`,
      unknown,
      missing: `${kind} Ready condition is missing`,
    },
    (object) => {
      const all = list(object, 'status', 'environments')
      if (all.length === 0) return verdict('Healthy', `${upper(name)} reconciled`)
      const branches = (phases: (phase: string) => boolean): string[] =>
        all
          .filter((one) => phases(asText(at(one, 'phase') ?? 'pending')))
          .map((one) => asText(at(one, 'branch') ?? '?'))
      const failed = branches((phase) => phase === 'failure')
      if (failed.length > 0) return verdict('Degraded', `${outcome} failed for branch(es): ${failed.join(', ')}`)
      const pending = branches((phase) => phase !== 'success')
      if (pending.length > 0) return verdict('Progressing', `${outcome} pending for branch(es): ${pending.join(', ')}`)
      return verdict('Healthy', `${outcome} ${passed} for ${all.length} environment(s)`)
    },
  )
}

const keys = (all: readonly unknown[], phase: string): string[] =>
  all.filter((one) => text(one, 'phase') === phase).map((one) => text(one, 'key'))

/** How many gates stand where, and which of them are not passed. */
function tally(all: readonly unknown[]): string {
  const [pending, success, failure] = [keys(all, 'pending'), keys(all, 'success'), keys(all, 'failure')]
  const named = (what: string, some: readonly string[]): string =>
    some.length > 0 ? `${what} commit statuses: ${some.join(', ')}. ` : ''
  return (
    `${pending.length} pending, ${success.length} successful, ${failure.length} failed. ` +
    named('Pending', pending) +
    named('Failed', failure)
  )
}

const short = (sha: string): string => sha.slice(0, 7)

function transfer(object: KubeObject): HealthStatus {
  const sha = (side: string): string => text(object, 'status', side, 'dry', 'sha')
  for (const side of ['active', 'proposed']) {
    if (sha(side) === '') return verdict('Progressing', `The ${side} commit DRY SHA is missing or empty.`)
  }
  const [active, proposed] = [sha('active'), sha('proposed')]
  if (active !== proposed) {
    const gates = list(object, 'status', 'proposed', 'commitStatuses')
    return verdict(
      'Progressing',
      `Promotion in progress from '${short(active)}' to '${short(proposed)}': ${tally(gates)}`,
    )
  }
  const gates = list(object, 'status', 'active', 'commitStatuses')
  if (keys(gates, 'pending').length + keys(gates, 'failure').length === 0)
    return verdict('Healthy', `Environment is up-to-date on commit ${short(active)}.`)
  return verdict(
    'Healthy',
    `Environment is up-to-date, but there are non-successful active commit statuses: ${tally(gates)}`,
  )
}

function pullRequest(object: KubeObject): HealthStatus {
  const [id, state] = [at(object, 'status', 'id'), at(object, 'status', 'state')]
  return id === undefined || state === undefined
    ? verdict('Healthy', 'Pull request is healthy')
    : verdict('Healthy', `Pull request is ${asText(state)} as PR ${asText(id)}`)
}

function commitStatus(object: KubeObject): HealthStatus {
  const [sha, phase] = [at(object, 'status', 'sha'), at(object, 'status', 'phase')]
  return sha === undefined || phase === undefined
    ? verdict('Healthy', 'Commit status is healthy')
    : verdict('Healthy', `Commit status for commit ${asText(sha)} reports ${asText(phase)}`)
}

function argocdCommitStatus(object: KubeObject): HealthStatus {
  const { length } = list(object, 'status', 'applicationsSelected')
  return length === 0
    ? verdict('Degraded', 'Argo CD commit status has no applications configured')
    : verdict('Healthy', `Argo CD commit status is healthy and is tracking ${length} applications`)
}

/** The words of the kinds that only say whether their reconciliation failed. */
const plain = (name: string, lower: string): Words => ({
  initializing: lower,
  observed: lower,
  failed: `${name} reconciliation failed`,
  missing: `${name} is not ready yet`,
})

/** GitOps Promoter. */
export const promoterRules: RuleTable = {
  'promoter.argoproj.io/ArgoCDCommitStatus': ready(
    plain('Argo CD commit status', 'Argo CD commit status'),
    argocdCommitStatus,
  ),
  'promoter.argoproj.io/ChangeTransferPolicy': ready(
    plain('Change transfer policy', 'change transfer policy'),
    transfer,
  ),
  'promoter.argoproj.io/ClusterScmProvider': host('ClusterScmProvider', 'Cluster SCM provider', 'cluster SCM provider'),
  'promoter.argoproj.io/CommitStatus': ready(plain('Commit status', 'commit status'), commitStatus),
  'promoter.argoproj.io/GitCommitStatus': gate({
    kind: 'GitCommitStatus',
    name: 'git commit validation',
    unknown: 'Git commit validation status unknown',
    outcome: 'Git commit validation',
    passed: 'passed',
  }),
  'promoter.argoproj.io/GitRepository': host('GitRepository', 'Git repository', 'Git repository'),
  'promoter.argoproj.io/PromotionStrategy': promotionStrategyHealth,
  'promoter.argoproj.io/PullRequest': ready(
    { ...plain('Pull request', 'pull request'), types: ['Ready', 'Reconciled'] },
    pullRequest,
  ),
  'promoter.argoproj.io/ScmProvider': host('ScmProvider', 'SCM provider', 'SCM provider'),
  'promoter.argoproj.io/TimedCommitStatus': gate({
    kind: 'TimedCommitStatus',
    name: 'timed commit gate',
    unknown: 'Timed commit gate status unknown',
    outcome: 'Timed commit gate',
    passed: 'satisfied',
  }),
  'promoter.argoproj.io/WebRequestCommitStatus': gate({
    kind: 'WebRequestCommitStatus',
    name: 'web request commit validation',
    unknown: 'Web request commit validation unknown',
    outcome: 'Web request validation',
    passed: 'passed',
  }),
}
