import { at } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, conditionsAt, suspendedBy, type CustomRule, type RuleTable } from './rules.ts'

interface Toolkit {
  /** Conditions that must be true for health, each a success. */
  readonly successes: readonly string[]
  /** How many of them. */
  readonly needed?: number
  /** The state of Ready that, with Reconciling, means work in progress; absent: such work is a failure. */
  readonly busy?: 'Unknown' | 'False'
  /** Reconciling counts for these reasons only. */
  readonly reasons?: readonly string[]
}

const suspend = (rule: CustomRule): CustomRule =>
  suspendedBy(['spec', 'suspend'], ({ kind }) => `${kind} is suspended`, rule)

/** Flux says Ready with a reason, and Reconciling beside it while it is at work. */
function reconciled({ successes, needed = successes.length, busy, reasons }: Toolkit): CustomRule {
  return (object) => {
    if (at(object, 'status', 'conditions') === undefined) return verdict('Progressing', 'Status unknown')
    let succeeded = 0
    let working = 0
    let message = ''
    for (const condition of conditionsAt(object)) {
      const { type, status, reason } = condition
      if (typeof type === 'string' && status === 'True' && successes.includes(type)) succeeded++
      if (type === 'Ready') {
        if (busy !== undefined && status === busy) working++
        message = asText(reason)
      } else if (type === 'Reconciling' && status === 'True') {
        if (!reasons || reasons.includes(asText(reason))) working++
      } else if (type === 'ArtifactOutdated' && status === 'True' && successes.includes('ArtifactInStorage')) {
        message += ` ${asText(reason)}`
      }
    }
    if (busy !== undefined && working === 2) return verdict('Progressing', message)
    return verdict(succeeded === needed ? 'Healthy' : 'Degraded', message)
  }
}

const source = suspend(reconciled({ successes: ['Ready', 'ArtifactInStorage'], busy: 'Unknown' }))
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
  'source.toolkit.fluxcd.io/HelmRepository': source,
  'source.toolkit.fluxcd.io/OCIRepository': source,
  'image.toolkit.fluxcd.io/ImageRepository': suspend(
    reconciled({ successes: ['Ready'], busy: 'False', reasons: ['NewGeneration', 'Scanning'] }),
  ),
  'image.toolkit.fluxcd.io/ImagePolicy': reconciled({
    successes: ['Ready'],
    busy: 'False',
    reasons: ['NewGeneration', 'AccessingRepository', 'ApplyingPolicy'],
  }),
  'notification.toolkit.fluxcd.io/Receiver': suspend(reconciled({ successes: ['Ready'] })),
}
