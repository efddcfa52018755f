import { conditionsAt } from '../custom/rules.ts'
import { text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { byOne, ifTrue, byWord, firstOf, unless, waitingFor, words, type OwnRule, type OwnTable } from './rules.ts'

/** Tekton: one condition goes from `Unknown` to what came of it. */
const run: OwnRule = (object) => {
  const found = conditionsAt(object).find((one) => one['type'] === 'Succeeded')
  const status = found?.['status']
  if (found && status === 'True') return verdict('Healthy', words(found))
  if (found && status === 'False') return verdict('Degraded', words(found))
  if (text(object, 'spec', 'status').endsWith('Pending')) return verdict('Suspended', `${object.kind} is held back`)
  return found ? verdict('Progressing', words(found)) : waitingFor(object)
}

/** Tekton's operator says `False` of all that it has still to do. */
const tektonPart = byOne()

/** Argo Events: what is wrong with the definition fails, what is being deployed does not yet. */
function argoEvents(...definition: readonly string[]): OwnRule {
  return (object) => {
    const all = conditionsAt(object)
    const wrong = all.find((one) => definition.includes(String(one['type'])) && one['status'] === 'False')
    if (wrong) return verdict('Degraded', words(wrong))
    const deployed = all.find((one) => one['type'] === 'Deployed')
    if (!deployed) return waitingFor(object)
    return deployed['status'] === 'True' ? verdict('Healthy') : verdict('Progressing', words(deployed))
  }
}

/** Flux's own way: `Stalled` is given up, `Reconciling` is at work, `Ready` is `False` for what failed. */
const flux: OwnRule = unless(
  ['spec', 'suspend'],
  'Reconciling is suspended',
  firstOf(ifTrue(['Stalled', 'Degraded'], ['Reconciling', 'Progressing']), byOne({ fails: true })),
)

const tektonParts = [
  'TektonConfig',
  'TektonPipeline',
  'TektonTrigger',
  'TektonDashboard',
  'TektonChain',
  'TektonAddon',
  'TektonResult',
  'TektonHub',
  'TektonInstallerSet',
]

/** Pipelines and deliveries. */
export const deliveryRules: OwnTable = {
  'tekton.dev/PipelineRun': run,
  'tekton.dev/TaskRun': run,
  'tekton.dev/CustomRun': run,
  'triggers.tekton.dev/EventListener': byOne({ silent: true }),
  ...Object.fromEntries(tektonParts.map((kind) => [`operator.tekton.dev/${kind}`, tektonPart])),
  'argoproj.io/EventSource': argoEvents('SourcesProvided'),
  'argoproj.io/Sensor': argoEvents('DependenciesProvided', 'TriggersProvided'),
  'argoproj.io/ArgoCD': byWord({ at: ['status', 'phase'], healthy: ['Available'], degraded: ['Failed'] }),
  'fluxcd.controlplane.io/FluxInstance': flux,
  'fluxcd.controlplane.io/ResourceSet': flux,
  'fluxcd.controlplane.io/ResourceSetInputProvider': flux,
  'infra.contrib.fluxcd.io/Terraform': flux,
  'source.extensions.fluxcd.io/ArtifactGenerator': flux,
  'kro.run/ResourceGraphDefinition': byOne(),
  'kro.run/*': byWord({
    at: ['status', 'state'],
    healthy: ['ACTIVE'],
    degraded: ['FAILED', 'ERROR'],
    silent: true,
  }),
}
