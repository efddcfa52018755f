import { at, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, conditionsAt, type CustomRule, type RuleTable } from './rules.ts'

const nothing = 'No status available'

const instance: CustomRule = (object) => {
  const phase = text(object, 'status', 'phase')
  if (phase === 'Failed') return verdict('Degraded', phase)
  if (phase === 'Pending' || phase === 'Scheduling' || phase === 'Scheduled') return verdict('Progressing', phase)
  if (phase === 'Succeeded') return verdict('Suspended', phase)
  if (phase === 'Unknown') return verdict('Unknown', phase)
  const all = conditionsAt(object)
  const paused = all.find((one) => one['type'] === 'Paused' && one['status'] === 'True')
  if (paused) return verdict('Suspended', asText(paused['message']))
  const ready = all.findLast((one) => one['type'] === 'Ready')
  if (!ready) return verdict('Progressing', phase === '' ? nothing : phase)
  return ready['status'] === 'True' ? verdict('Healthy', 'Running') : verdict('Degraded', asText(ready['message']))
}

const machine: CustomRule = (object) => {
  const all = conditionsAt(object)
  if (all.some((one) => one['type'] === 'Paused' && one['status'] === 'True')) return verdict('Suspended', 'Paused')
  const shown = at(object, 'status', 'printableStatus')
  const say = (words: string): string => (shown === undefined ? words : asText(shown))
  let found = verdict('Progressing', say(nothing))
  for (const { type, status } of all) {
    if (type !== 'Ready') continue
    if (status === 'True') found = verdict('Healthy', say('Running'))
    // A machine that nobody has created is one that is switched off.
    else if (at(object, 'status', 'created') === true) found = verdict(found.status, say('Starting'))
    else found = verdict('Suspended', say('Stopped'))
  }
  return found
}

const dataVolume: CustomRule = (object) => {
  const phase = asText(at(object, 'status', 'phase') ?? nothing)
  if (phase === 'Succeeded') return verdict('Healthy', phase)
  if (phase === 'Paused') return verdict('Suspended', phase)
  const failed = conditionsAt(object).find(
    (one) => one['type'] === 'Running' && one['status'] === 'False' && one['reason'] === 'Error',
  )
  if (failed) return verdict('Degraded', asText(failed['message']))
  return verdict(phase === 'Failed' || phase === 'Unknown' ? 'Degraded' : 'Progressing', phase)
}

/** KubeVirt. */
export const virtualMachineRules: RuleTable = {
  'kubevirt.io/VirtualMachine': machine,
  'kubevirt.io/VirtualMachineInstance': instance,
  'cdi.kubevirt.io/DataVolume': dataVolume,
}
