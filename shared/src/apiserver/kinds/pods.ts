import type { FieldError, KindStrategy } from '../strategy.ts'
import { forbidden } from '../validation/field-errors.ts'
import { validatePodSpec } from '../validation/pods.ts'
import { fieldsList, fieldsOf, listOf, sameValue, type Fields } from '../validation/values.ts'
import { printPodSpec } from './go-print.ts'
import { preparePod } from './prepare.ts'
import { unifiedDiff } from './unified-diff.ts'
import { podSpecWarnings } from './warnings.ts'

const updateMessage =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

/** Pod: its spec is fixed once it exists, but for images and little else. */
export function podStrategy(defaults: (pod: Fields) => void): KindStrategy {
  return {
    defaults,
    prepare: (next, previous, context) => {
      if (context.subresource === undefined) preparePod(next, previous)
    },
    validate: (next, previous, context) => {
      if (context.subresource === 'status') return []
      const errors = validatePodSpec(fieldsOf(next['spec']), 'spec')
      if (previous !== undefined && context.subresource === undefined && errors.length === 0)
        errors.push(...validateUpdate(next, previous))
      return errors
    },
    warnings: (next) =>
      podSpecWarnings(fieldsOf(next['spec']), 'spec', next.metadata.annotations, 'metadata.annotations'),
  }
}

function validateUpdate(next: Fields, previous: Fields): FieldError[] {
  const old = fieldsOf(previous['spec'])
  const munged = structuredClone(fieldsOf(next['spec']))
  for (const list of ['containers', 'initContainers']) {
    fieldsList(munged[list]).forEach((container, index) => {
      const image = fieldsList(old[list])[index]?.['image']
      if (image !== undefined) container['image'] = image
    })
  }
  restore(munged, old, 'activeDeadlineSeconds')
  const kept = listOf(old['tolerations']).every((item) =>
    listOf(munged['tolerations']).some((other) => sameValue(item, other)),
  )
  if (kept) restore(munged, old, 'tolerations')
  if (sameValue(munged, old)) return []
  const text = (spec: Fields): string => JSON.stringify(printPodSpec(spec), undefined, 1)
  return [forbidden('spec', `${updateMessage}\n${unifiedDiff(text(old), text(munged))}`)]
}

function restore(spec: Fields, old: Fields, name: string): void {
  if (old[name] === undefined) delete spec[name]
  else spec[name] = old[name]
}
