import type { FieldError } from '../strategy.ts'
import { validateAffinity, validateSpreads } from './affinity.ts'
import { enumerated } from './choices.ts'
import { validateContainers, validateEphemeralContainers, validateInitContainers, type PodFrame } from './containers.ts'
import { duplicate, forbidden, invalid, invalidAll, required } from './field-errors.ts'
import { validateAnnotations, validateLabels } from './labels.ts'
import { dnsLabel, dnsSubdomain, dnsSubdomainWithUnderscore, ipAddress, qualifiedName } from './names.ts'
import { canonicalQuantity, nanoOf } from './quantity.ts'
import { validatePodSecurity } from './security-context.ts'
import { validateTolerations } from './tolerations.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, numberOf, sortedMap, textOf, type Fields } from './values.ts'
import { mountable, validateVolumes } from './volumes.ts'

const restartPolicies = ['Always', 'OnFailure', 'Never']
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']

/** Checks labels, annotations and spec of a pod template. */
export function validatePodTemplate(template: unknown, field: string): FieldError[] {
  const { metadata, spec } = fieldsOf(template)
  const errors = [
    ...validateTemplateMetadata({ metadata }, field),
    ...validatePodSpec(fieldsOf(spec), `${field}.spec`, false),
  ]
  if (listOf(fieldsOf(spec)['ephemeralContainers']).length > 0)
    errors.push(forbidden(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'))
  return errors
}

/** Checks labels and annotations of a pod template. */
export function validateTemplateMetadata(template: unknown, field: string): FieldError[] {
  const { labels, annotations } = fieldsOf(fieldsOf(template)['metadata'])
  return [
    ...validateLabels(labels, `${field}.labels`),
    ...validateAnnotations(annotations, `${field}.annotations`),
    ...validatePodAnnotations(annotations, `${field}.annotations`),
  ]
}

/** Checks the annotations that mean something for pods. */
export function validatePodAnnotations(annotations: unknown, field: string): FieldError[] {
  const key = 'controller.kubernetes.io/pod-deletion-cost'
  const cost = fieldsOf(annotations)[key]
  if (cost === undefined) return []
  const text = textOf(cost)
  const good = /^(-?[1-9]\d*|0)$/.test(text) && Math.abs(Number(text)) <= 2147483647
  return good ? [] : [invalid(`${field}[${key}]`, text, 'must be a 32bit integer')]
}

/** Checks a pod's spec. */
export function validatePodSpec(spec: Fields, field: string, isPod = true): FieldError[] {
  const volumes = mountable(spec['volumes'])
  const frame: PodFrame = { spec, volumes, isPod }
  const errors = [
    ...validateVolumes(spec['volumes'], `${field}.volumes`),
    ...validateContainers(frame, field),
    ...validateInitContainers(frame, field),
    ...validateEphemeralContainers(frame, field),
    ...validateHostPorts(spec, field, isPod),
    ...enumerated(spec['restartPolicy'], `${field}.restartPolicy`, restartPolicies),
    ...enumerated(spec['dnsPolicy'], `${field}.dnsPolicy`, dnsPolicies),
    ...validateLabels(spec['nodeSelector'], `${field}.nodeSelector`),
    ...validatePodSecurity(spec, field),
    ...validateAffinity(spec['affinity'], `${field}.affinity`),
    ...validateDns(spec, `${field}.dnsConfig`),
    ...validateGates(spec, field),
    ...validateSpreads(spec['topologySpreadConstraints'], `${field}.topologySpreadConstraints`),
    ...validateNames(spec, field),
  ]
  const deadline = numberOf(spec['activeDeadlineSeconds'])
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647))
    errors.push(invalid(`${field}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'))
  errors.push(...validateTolerations(spec['tolerations'], `${field}.tolerations`))
  errors.push(...validateHostAliases(spec['hostAliases'], `${field}.hostAliases`))
  if (isSet(spec['preemptionPolicy']))
    errors.push(...enumerated(spec['preemptionPolicy'], `${field}.preemptionPolicy`, ['PreemptLowerPriority', 'Never']))
  for (const [name, amount] of Object.entries(sortedMap(fieldsOf(spec['overhead']))))
    if (nanoOf(amount) < 0n)
      errors.push(
        invalid(`${field}.overhead.limits[${name}]`, canonicalQuantity(amount), 'must be greater than or equal to 0'),
      )
  if (isFields(spec['os'])) errors.push(...enumerated(spec['os']['name'], `${field}.os.name`, ['linux', 'windows']))
  return errors
}

function validateHostPorts(spec: Fields, field: string, isPod: boolean): FieldError[] {
  if (spec['hostNetwork'] !== true) return []
  return fieldsList(spec['containers']).flatMap((container, index) =>
    fieldsList(container['ports']).flatMap((port, position) => {
      const host = numberOf(port['hostPort']) ?? 0
      if ((!isPod && host === 0) || host === port['containerPort']) return []
      const path = `${field}.containers[${index}].ports[${position}].hostPort`
      return [invalid(path, host, 'must match `containerPort` when `hostNetwork` is true')]
    }),
  )
}

function validateGates(spec: Fields, field: string): FieldError[] {
  const errors = fieldsList(spec['readinessGates']).flatMap((gate, index) => {
    const type = textOf(gate['conditionType'])
    return invalidAll(`${field}.readinessGates[${index}].conditionType`, type, qualifiedName(type))
  })
  const seen = new Set<string>()
  fieldsList(spec['schedulingGates']).forEach((gate, index) => {
    const name = textOf(gate['name'])
    const path = `${field}.schedulingGates[${index}]`
    errors.push(...invalidAll(path, name, qualifiedName(name)))
    if (seen.has(name)) errors.push(duplicate(path, name))
    seen.add(name)
  })
  return errors
}

function validateNames(spec: Fields, field: string): FieldError[] {
  const check = (name: string, rule: typeof dnsLabel): FieldError[] => {
    const value = textOf(spec[name])
    return value === '' ? [] : invalidAll(`${field}.${name}`, value, rule(value))
  }
  return [
    ...check('serviceAccountName', dnsSubdomain),
    ...check('nodeName', dnsSubdomain),
    ...check('hostname', dnsLabel),
    ...check('subdomain', dnsLabel),
    ...check('priorityClassName', dnsSubdomain),
    ...check('runtimeClassName', dnsSubdomain),
  ]
}

function validateDns(spec: Fields, field: string): FieldError[] {
  const config = spec['dnsConfig']
  const servers = listOf(fieldsOf(config)['nameservers']).map(textOf)
  if (spec['dnsPolicy'] === 'None') {
    if (!isFields(config)) return [required(field, 'must provide `dnsConfig` when `dnsPolicy` is None')]
    if (servers.length === 0)
      return [required(`${field}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
  }
  if (!isFields(config)) return []
  const errors: FieldError[] = []
  if (servers.length > 3) errors.push(invalid(`${field}.nameservers`, servers, 'must not have more than 3 nameservers'))
  servers.forEach((server, index) =>
    errors.push(...invalidAll(`${field}.nameservers[${index}]`, server, ipAddress(server))),
  )
  const searches = listOf(config['searches']).map(textOf)
  if (searches.length > 32)
    errors.push(invalid(`${field}.searches`, searches, 'must not have more than 32 search paths'))
  if (searches.join(' ').length > 2048)
    errors.push(
      invalid(
        `${field}.searches`,
        searches,
        'must not have more than 2048 characters (including spaces) in the search list',
      ),
    )
  searches.forEach((search, index) => {
    const name = search.replace(/\.$/, '')
    if (search !== '.')
      errors.push(...invalidAll(`${field}.searches[${index}]`, name, dnsSubdomainWithUnderscore(name)))
  })
  fieldsList(config['options']).forEach((option, index) => {
    if (!isSet(option['name'])) errors.push(required(`${field}.options[${index}]`, 'must not be empty'))
  })
  return errors
}

function validateHostAliases(aliases: unknown, field: string): FieldError[] {
  return fieldsList(aliases).flatMap((alias, index) => [
    ...invalidAll(`${field}[${index}].ip`, textOf(alias['ip']), ipAddress(textOf(alias['ip']))),
    ...listOf(alias['hostnames']).flatMap((name, position) =>
      invalidAll(`${field}[${index}].hostnames[${position}]`, name, dnsSubdomain(textOf(name))),
    ),
  ])
}
