import type { FieldError } from '../strategy.ts'
import { enumerated } from './choices.ts'
import { forbidden, immutable, invalid, notSupported, required } from './field-errors.ts'
import { printGo } from './go-print.ts'
import { isEmptySelector, printableLabels, printableSelector, selectorMatches, validateSelector } from './labels.ts'
import { at, intOrPercent, notNegative, notOverHundred, plainAmount } from './numbers.ts'
import { validatePodTemplate, validateTemplateMetadata } from './pods.ts'
import { fieldsOf, isFields, isSet, numberOf, sameValue, textOf, type Fields } from './values.ts'

/** What the several workloads ask of selector and template. */
export function validateSelectorAndTemplate(
  spec: Fields,
  kind: string,
  policies: readonly string[],
  validateTemplate: (template: unknown, field: string) => readonly FieldError[] = validatePodTemplate,
): FieldError[] {
  const errors: FieldError[] = []
  const selector = spec['selector']
  if (!isFields(selector)) errors.push(required('spec.selector'))
  else {
    errors.push(...validateSelector(selector, 'spec.selector'))
    if (isEmptySelector(selector)) errors.push(invalid('spec.selector', {}, `empty selector is invalid for ${kind}`))
  }
  const labels = at(spec, 'template', 'metadata')['labels']
  const matches = selectorMatches(selector, labels)
  if (matches === undefined)
    errors.push(invalid('spec.selector', printableSelector(selector), 'invalid label selector'))
  else if (!matches && !(isFields(selector) && isEmptySelector(selector))) {
    errors.push(
      invalid('spec.template.metadata.labels', printableLabels(labels), '`selector` does not match template `labels`'),
    )
  }
  errors.push(...validateTemplate(spec['template'], 'spec.template'))
  const policy = at(spec, 'template', 'spec')['restartPolicy']
  if (isSet(policy) && !policies.includes(textOf(policy))) {
    errors.push(notSupported('spec.template.spec.restartPolicy', policy, policies))
  }
  if (policies.includes('Always') && at(spec, 'template', 'spec')['activeDeadlineSeconds'] !== undefined) {
    errors.push(
      forbidden('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${kind} is not Supported`),
    )
  }
  return errors
}

/** Deployment: replicas, strategy, deadline, and a selector that stays. */
export function validateDeployment(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors = [
    ...notNegative(spec, 'spec', 'replicas', 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'),
    ...validateSelectorAndTemplate(spec, 'deployment', ['Always']),
    ...validateStrategy(fieldsOf(spec['strategy'])),
  ]
  const deadline = numberOf(spec['progressDeadlineSeconds'])
  if (deadline !== undefined && deadline >= 0 && deadline <= (numberOf(spec['minReadySeconds']) ?? 0)) {
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'))
  }
  errors.push(...keepSelector(spec, previous))
  return errors
}

function keepSelector(spec: Fields, previous: Fields | undefined): FieldError[] {
  if (previous === undefined || sameValue(spec['selector'], fieldsOf(previous['spec'])['selector'])) return []
  return [immutable('spec.selector', printableSelector(spec['selector']))]
}

function validateStrategy(strategy: Fields): FieldError[] {
  const type = strategy['type']
  const rolling = strategy['rollingUpdate']
  if (type === 'Recreate') {
    return isFields(rolling)
      ? [forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")]
      : []
  }
  if (type === 'RollingUpdate') {
    return isFields(rolling)
      ? validateRolling(rolling, 'spec.strategy.rollingUpdate')
      : [required('spec.strategy.rollingUpdate', 'this should be defaulted and never be nil')]
  }
  return [notSupported('spec.strategy', printGo('apps.v1.DeploymentStrategy', strategy), ['Recreate', 'RollingUpdate'])]
}

function validateRolling(rolling: Fields, field: string): FieldError[] {
  const { maxUnavailable, maxSurge } = rolling
  const errors = [
    ...intOrPercent(maxUnavailable, `${field}.maxUnavailable`),
    ...intOrPercent(maxSurge, `${field}.maxSurge`),
  ]
  if (plainAmount(maxUnavailable) === 0 && plainAmount(maxSurge) === 0) {
    errors.push(invalid(`${field}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'))
  }
  errors.push(...notOverHundred(maxUnavailable, `${field}.maxUnavailable`))
  return errors
}

/** ReplicaSet. */
export function validateReplicaSet(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  return [
    ...notNegative(spec, 'spec', 'replicas', 'minReadySeconds'),
    ...validateSelectorAndTemplate(spec, 'replicaset', ['Always']),
    ...keepSelector(spec, previous),
  ]
}

const statefulMessage =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
const statefulChangeable = new Set([
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
])

/** StatefulSet, of which little may change. */
export function validateStatefulSet(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors = [
    ...enumerated(spec['podManagementPolicy'], 'spec.podManagementPolicy', ['OrderedReady', 'Parallel']),
    ...notNegative(spec, 'spec', 'replicas', 'minReadySeconds', 'revisionHistoryLimit'),
    // The pods of a StatefulSet mount claims that are not yet there: their spec is judged when they are made.
    ...validateSelectorAndTemplate(spec, 'statefulset', ['Always'], validateTemplateMetadata),
  ]
  const type = at(spec, 'updateStrategy')['type']
  if (type === 'RollingUpdate') {
    errors.push(
      ...notNegative(at(spec, 'updateStrategy', 'rollingUpdate'), 'spec.updateStrategy.rollingUpdate', 'partition'),
    )
  } else if (type !== 'OnDelete')
    errors.push(
      invalid(
        'spec.updateStrategy',
        printGo('apps.v1.StatefulSetUpdateStrategy', at(spec, 'updateStrategy')),
        "must be 'RollingUpdate' or 'OnDelete'",
      ),
    )
  const before = fieldsOf(previous?.['spec'])
  if (previous !== undefined) {
    const changed = Object.keys({ ...before, ...spec }).some(
      (key) => !statefulChangeable.has(key) && !sameValue(spec[key], before[key]),
    )
    if (changed) errors.push(forbidden('spec', statefulMessage))
  }
  return errors
}

/** DaemonSet. */
export function validateDaemonSet(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors = [
    ...validateSelectorAndTemplate(spec, 'daemonset', ['Always']),
    ...notNegative(spec, 'spec', 'minReadySeconds', 'revisionHistoryLimit'),
    ...keepSelector(spec, previous),
  ]
  const strategy = fieldsOf(spec['updateStrategy'])
  if (strategy['type'] === 'RollingUpdate') {
    errors.push(...validateRolling(fieldsOf(strategy['rollingUpdate']), 'spec.updateStrategy.rollingUpdate'))
  } else if (strategy['type'] !== 'OnDelete') {
    errors.push(notSupported('spec.updateStrategy.type', strategy['type'] ?? '', ['OnDelete', 'RollingUpdate']))
  }
  return errors
}

/** ReplicationController: a plain selector, and the template that it selects. */
export function validateReplicationController(next: Fields): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const selector = fieldsOf(spec['selector'])
  const errors = notNegative(spec, 'spec', 'minReadySeconds')
  if (Object.keys(selector).length === 0) errors.push(required('spec.selector'))
  errors.push(...notNegative(spec, 'spec', 'replicas'))
  const template = spec['template']
  if (!isFields(template)) return [...errors, required('spec.template')]
  const labels = at(template, 'metadata')['labels']
  if (Object.entries(selector).some(([key, value]) => fieldsOf(labels)[key] !== value))
    errors.push(
      invalid('spec.template.metadata.labels', printableLabels(labels), '`selector` does not match template `labels`'),
    )
  errors.push(...validatePodTemplate(template, 'spec.template'))
  const policy = at(template, 'spec')['restartPolicy']
  if (policy !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', policy, ['Always']))
  if (at(template, 'spec')['activeDeadlineSeconds'] !== undefined)
    errors.push(
      forbidden(
        'spec.template.spec.activeDeadlineSeconds',
        'activeDeadlineSeconds in ReplicationController is not Supported',
      ),
    )
  return errors
}
