import type { KindStrategy } from '../strategy.ts'
import { forbidden } from '../validation/field-errors.ts'
import { dnsLabel } from '../validation/names.ts'
import { validateEphemeralUpdate, validatePodUpdate, validateResize } from '../validation/pod-updates.ts'
import { validatePodAnnotations, validatePodSpec } from '../validation/pods.ts'
import { fieldsList, fieldsOf, listOf, type Fields } from '../validation/values.ts'
import { preparePod } from './prepare.ts'
import { addressWarnings } from './warnings/addresses.ts'
import { podWarnings } from './warnings/pod.ts'

/** The old and the new name of its addresses say the same. */
function mirrorAddresses(status: Fields): void {
  const first = fieldsList(status['podIPs'])[0]?.['ip']
  const ip = status['podIP']
  if (typeof ip === 'string' && ip !== '' && ip !== first) status['podIPs'] = [{ ip }]
  else if (typeof first === 'string' && first !== '') status['podIP'] = first
}

/** Pod: its spec is fixed once it exists, but for images and little else. */
export function podStrategy(defaults: (pod: Fields) => void): KindStrategy {
  return {
    defaults: (pod) => {
      defaults(pod)
      mirrorAddresses(fieldsOf(pod['status']))
    },
    prepare: (next, previous, context) => {
      if (context.subresource === undefined) preparePod(next, previous, context)
    },
    validate: (next, previous, context) => {
      const spec = fieldsOf(next['spec'])
      const errors = [
        ...validatePodAnnotations(next.metadata.annotations, 'metadata.annotations'),
        ...validatePodSpec(spec, 'spec'),
      ]
      if (previous === undefined) {
        if (listOf(spec['ephemeralContainers']).length > 0)
          errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'))
        if (spec['nodeName'] && listOf(spec['schedulingGates']).length > 0)
          errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'))
        return errors
      }
      if (context.subresource === 'ephemeralcontainers') errors.push(...validateEphemeralUpdate(next, previous))
      else if (context.subresource === 'resize') errors.push(...validateResize(next, previous))
      else if (context.subresource === undefined) errors.push(...validatePodUpdate(next, previous))
      return errors
    },
    // Updates of pods are hardly ever made by hand.
    warnings: (next, previous, { subresource }) => {
      if (previous !== undefined) return subresource === 'status' ? statusWarnings(fieldsOf(next['status'])) : []
      const complaints = dnsLabel(next.metadata.name ?? '')
      const found = podWarnings(next)
      if (complaints.length === 0) return found
      return [
        `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${complaints.join(' ')}]`,
        ...found,
      ]
    },
  }
}

function statusWarnings(status: Fields): string[] {
  return ['podIPs', 'hostIPs'].flatMap((list) =>
    fieldsList(status[list]).flatMap(({ ip }, index) => addressWarnings(`status.${list}[${index}].ip`, ip)),
  )
}
