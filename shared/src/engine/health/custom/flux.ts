import { at } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, conditionsAt, suspendedBy, type CustomRule, type RuleTable } from './rules.ts'
import { join, needing } from './strict.ts'

interface Toolkit {
  /** Conditions that must be true for health, each a success. */
  readonly successes: readonly string[]
  /** How many of them. */
  readonly needed?: number
  /** The state of Ready that, with Reconciling, means work in progress; absent: such work is a failure. */
  readonly busy?: 'Unknown' | 'False'
  /** What such work means; Progressing where absent. */
  readonly busyIs?: 'Progressing' | 'Degraded'
  /** Reconciling counts for these reasons only. */
  readonly reasons?: readonly string[]
  /** Where Argo CD's rule stops if an outdated artifact has no reason. */
  readonly outdatedLine?: number
}

const suspend = (rule: CustomRule): CustomRule =>
  needing(
    2,
    ['spec', 'suspend'],
    suspendedBy(['spec', 'suspend'], ({ kind }) => `${kind} is suspended`, rule),
  )

/** Flux says Ready with a reason, and Reconciling beside it while it is at work. */
function reconciled({
  successes,
  needed = successes.length,
  busy,
  reasons,
  outdatedLine = 23,
  busyIs = 'Progressing',
}: Toolkit): CustomRule {
  return (object) => {
    if (at(object, 'status', 'conditions') === undefined) return verdict('Progressing', 'Status unknown')
    let succeeded = 0
    let working = 0
    let message: unknown = ''
    for (const condition of conditionsAt(object)) {
      const { type, status, reason } = condition
      if (typeof type === 'string' && status === 'True' && successes.includes(type)) succeeded++
      if (type === 'Ready') {
        if (busy !== undefined && status === busy) working++
        message = reason
      } else if (type === 'Reconciling' && status === 'True') {
        if (!reasons || reasons.includes(asText(reason))) working++
      } else if (type === 'ArtifactOutdated' && status === 'True' && successes.includes('ArtifactInStorage')) {
        message = join(outdatedLine, message, ' ', reason)
      }
    }
    if (busy !== undefined && working === 2) return verdict(busyIs, asText(message))
    return verdict(succeeded === needed ? 'Healthy' : 'Degraded', asText(message))
  }
}

const stored = { successes: ['Ready', 'ArtifactInStorage'], busy: 'Unknown' } as const
const source = suspend(reconciled(stored))
const charts = reconciled({ ...stored, outdatedLine: 30 })
const ociWords = "Helm repositories of type 'oci' do not contain any information in the status."

const deployed = suspend(reconciled({ successes: ['Ready'], busy: 'Unknown' }))

/** Flux, for those who run it beside or under Argo CD. */
export const fluxRules: RuleTable = {
  'kustomize.toolkit.fluxcd.io/Kustomization': deployed,
  'image.toolkit.fluxcd.io/ImageUpdateAutomation': deployed,
  'helm.toolkit.fluxcd.io/HelmRelease': suspend(
    reconciled({ successes: ['Ready', 'Released', 'TestSuccess'], needed: 2, busy: 'Unknown' }),
  ),
  'source.toolkit.fluxcd.io/Bucket': source,
  'source.toolkit.fluxcd.io/GitRepository': source,
  'source.toolkit.fluxcd.io/HelmChart': source,
  'source.toolkit.fluxcd.io/HelmRepository': suspend((object) =>
    at(object, 'spec', 'type') === 'oci' ? verdict('Healthy', ociWords) : charts(object),
  ),
  'source.toolkit.fluxcd.io/OCIRepository': source,
  'image.toolkit.fluxcd.io/ImageRepository': suspend(
    reconciled({ successes: ['Ready'], busy: 'False', reasons: ['NewGeneration', 'Scanning'] }),
  ),
  'image.toolkit.fluxcd.io/ImagePolicy': reconciled({
    successes: ['Ready'],
    busy: 'False',
    reasons: ['NewGeneration', 'AccessingRepository', 'ApplyingPolicy'],
  }),
  'notification.toolkit.fluxcd.io/Receiver': suspend(
    reconciled({ successes: ['Ready'], busy: 'False', busyIs: 'Degraded' }),
  ),
}
