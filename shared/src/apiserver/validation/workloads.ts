import type { FieldError } from '../strategy.ts'
import { forbidden, immutable, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { printGo } from './go-print.ts'
import { isEmptySelector, printableLabels, printableSelector, selectorMatches, validateSelector } from './labels.ts'
import { dnsLabel } from './names.ts'
import { at, intOrPercent, notNegative, notOverHundred, plainAmount } from './numbers.ts'
import { validatePodTemplate, validateTemplateMetadata } from './pods.ts'
import { validateClaimSpec } from './storage.ts'
import { fieldsList, fieldsOf, isFields, isSet, numberOf, sameValue, textOf, type Fields } from './values.ts'

/** What the several workloads ask of selector and template. */
export function validateSelectorAndTemplate(
  spec: Fields,
  kind: string,
  policies: readonly string[],
  validateTemplate: (template: unknown, field: string) => readonly FieldError[] = validatePodTemplate,
): FieldError[] {
  const errors: FieldError[] = []
  const selector = spec['selector']
  if (!isFields(selector)) {
    if (kind !== 'daemonset') errors.push(required('spec.selector'))
  } else {
    errors.push(...validateSelector(selector, 'spec.selector'))
    if (isEmptySelector(selector))
      errors.push(
        invalid('spec.selector', {}, `empty selector is invalid for ${kind === 'replicaset' ? 'deployment' : kind}`),
      )
  }
  const labels = at(spec, 'template', 'metadata')['labels']
  const matches = selectorMatches(selector, labels)
  if (matches === undefined) {
    // Each kind has its words for a selector that cannot be read; a DaemonSet has none.
    const detail = kind === 'statefulset' ? '' : 'invalid label selector'
    if (kind !== 'daemonset') errors.push(invalid('spec.selector', printableSelector(selector), detail))
  }
  // An empty one selects everything, none at all nothing.
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
  if (deadline !== undefined && deadline <= (numberOf(spec['minReadySeconds']) ?? 0)) {
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
  const errors = validateStatefulSpec(spec, previous === undefined)
  const service = textOf(spec['serviceName'])
  if (previous === undefined) {
    if (service !== '') errors.push(...invalidAll('spec.serviceName', service, dnsLabel(service)))
    fieldsList(spec['volumeClaimTemplates']).forEach((claim, index) =>
      errors.push(...validateClaimSpec(fieldsOf(claim['spec']), `spec.volumeClaimTemplates[${index}].spec`)),
    )
    return errors
  }
  const before = fieldsOf(previous['spec'])
  const changed = Object.keys({ ...before, ...spec }).some(
    (key) => !statefulChangeable.has(key) && !sameValue(spec[key], before[key]),
  )
  return changed ? [...errors, forbidden('spec', statefulMessage)] : errors
}

function validateStatefulSpec(spec: Fields, isNew: boolean): FieldError[] {
  const errors: FieldError[] = []
  const management = textOf(spec['podManagementPolicy'])
  if (management === '') errors.push(required('spec.podManagementPolicy'))
  else if (management !== 'OrderedReady' && management !== 'Parallel')
    errors.push(invalid('spec.podManagementPolicy', management, "must be 'OrderedReady' or 'Parallel'"))
  const strategy = fieldsOf(spec['updateStrategy'])
  const { type, rollingUpdate: rolling } = strategy
  const field = 'spec.updateStrategy'
  if (!isSet(type)) errors.push(required(field))
  else if (type === 'RollingUpdate')
    errors.push(...validateStatefulRolling(fieldsOf(rolling), `${field}.rollingUpdate`))
  else if (type !== 'OnDelete') {
    const printed = printGo('apps.v1.StatefulSetUpdateStrategy', strategy)
    errors.push(invalid(field, printed, "must be 'RollingUpdate' or 'OnDelete'"))
  } else if (isFields(rolling)) {
    const printed = printGo('apps.v1.RollingUpdateStatefulSetStrategy', rolling)
    errors.push(invalid(`${field}.rollingUpdate`, printed, "only allowed for updateStrategy 'RollingUpdate'"))
  }
  for (const name of ['whenDeleted', 'whenScaled']) {
    const policy = fieldsOf(spec['persistentVolumeClaimRetentionPolicy'])[name] ?? 'Retain'
    if (policy !== 'Retain' && policy !== 'Delete')
      errors.push(notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, policy, ['Retain', 'Delete']))
  }
  errors.push(...notNegative(spec, 'spec', 'replicas', 'minReadySeconds', ...(isNew ? [] : ['revisionHistoryLimit'])))
  errors.push(...notNegative(fieldsOf(spec['ordinals']), 'spec.ordinals', 'start'))
  const template = statefulTemplate(spec)
  const check = (_: unknown, at: string): readonly FieldError[] => [
    ...validatePodTemplate(template, at),
    // Labels and annotations are looked at twice.
    ...validateTemplateMetadata(template, at),
  ]
  return [...errors, ...validateSelectorAndTemplate(spec, 'statefulset', ['Always'], check)]
}

function validateStatefulRolling(rolling: Fields, field: string): FieldError[] {
  const errors = notNegative(rolling, field, 'partition')
  const most = rolling['maxUnavailable']
  if (most === undefined || most === null) return errors
  errors.push(...intOrPercent(most, `${field}.maxUnavailable`))
  if (plainAmount(most) === 0) errors.push(invalid(`${field}.maxUnavailable`, most, 'cannot be 0'))
  return [...errors, ...notOverHundred(most, `${field}.maxUnavailable`)]
}

/** The template as its pods will be: with the claims as volumes, and names that the controller gives. */
function statefulTemplate(spec: Fields): Fields {
  const template = fieldsOf(spec['template'])
  const { subdomain: _, hostname: __, ...pod } = fieldsOf(template['spec'])
  const claims = fieldsList(spec['volumeClaimTemplates']).map((claim) => textOf(at(claim, 'metadata')['name']))
  const volumes = [...new Set(claims)].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }))
  const others = fieldsList(pod['volumes']).filter((volume) => !claims.includes(textOf(volume['name'])))
  return { ...template, spec: { ...pod, volumes: [...volumes, ...others] } }
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
  const { type, rollingUpdate: rolling } = strategy
  if (type === 'RollingUpdate') {
    errors.push(
      ...(isFields(rolling)
        ? validateDaemonRolling(rolling, 'spec.updateStrategy.rollingUpdate')
        : [required('spec.updateStrategy.rollingUpdate')]),
    )
  } else if (type !== 'OnDelete') {
    const printed = printGo('apps.v1.DaemonSetUpdateStrategy', strategy)
    errors.push(notSupported('spec.updateStrategy', printed, ['RollingUpdate', 'OnDelete']))
  }
  return errors
}

/** Either more or fewer at a time, not both and not neither. */
function validateDaemonRolling({ maxUnavailable, maxSurge }: Fields, field: string): FieldError[] {
  const some = (amount: unknown): boolean => (plainAmount(amount) ?? 0) !== 0
  return [
    ...intOrPercent(maxUnavailable, `${field}.maxUnavailable`),
    ...intOrPercent(maxSurge, `${field}.maxSurge`),
    ...notOverHundred(maxUnavailable, `${field}.maxUnavailable`),
    ...notOverHundred(maxSurge, `${field}.maxSurge`),
    ...(some(maxUnavailable) && some(maxSurge)
      ? [invalid(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero')]
      : []),
    ...(!some(maxUnavailable) && !some(maxSurge)
      ? [required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0')]
      : []),
  ]
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
