import { dictionary } from '../../../lang/dictionary.ts'
import { quoteGo } from '../../validation/field-errors.ts'
import { at } from '../../validation/numbers.ts'
import { isWhole } from '../../validation/quantity.ts'
import { fieldsList, fieldsOf, isFields, isSet, numberOf, textOf, type Fields } from '../../validation/values.ts'
import { addressListWarnings, addressWarnings } from './addresses.ts'
import { labelMapWarnings, oldLabel, selectorTermWarnings } from './node-labels.ts'
import { portWarnings } from './ports.ts'
import { claimSpecWarnings, oldVolumeWarnings } from './storage.ts'
import { overlappingPaths } from './volume-paths.ts'

/** Where a pod's spec and metadata stand: at the root of a Pod, in a template elsewhere. */
export interface PodPlace {
  readonly spec: string
  readonly metadata: string
}

const rootPlace: PodPlace = { spec: 'spec', metadata: 'metadata' }

/** What is allowed in a Pod, but hardly meant. */
export const podWarnings = (pod: Fields): string[] => warn(pod, rootPlace, false)

/** The same of a pod template at `field`. */
export const templateWarnings = (template: Fields, field: string): string[] =>
  warn(template, { spec: `${field}.spec`, metadata: `${field}.metadata` }, true)

function warn(template: Fields, place: PodPlace, isTemplate: boolean): string[] {
  const spec = fieldsOf(template['spec'])
  const annotations = at(template, 'metadata')['annotations']
  const containers = ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
    fieldsList(spec[list]).map((container, index) => [container, `${place.spec}.${list}[${index}]`] as const),
  )
  return [
    ...labelMapWarnings(spec['nodeSelector'], (key) => `${place.spec}.nodeSelector[${key}]`),
    ...nodeAffinityWarnings(at(spec, 'affinity', 'nodeAffinity'), `${place.spec}.affinity.nodeAffinity`),
    ...spreadWarnings(spec, place.spec),
    ...oldAnnotationWarnings(fieldsOf(annotations), place.metadata),
    ...fieldsList(spec['volumes']).flatMap((volume, index) =>
      volumeWarnings(volume, `${place.spec}.volumes[${index}]`),
    ),
    ...overlappingPaths(spec['volumes']),
    ...doubleWarnings(spec['hostAliases'], 'ip', `${place.spec}.hostAliases`),
    ...doubleWarnings(spec['imagePullSecrets'], 'name', `${place.spec}.imagePullSecrets`),
    ...fieldsList(spec['imagePullSecrets']).flatMap(({ name }, index) =>
      isSet(name) ? [] : [`${place.spec}.imagePullSecrets[${index}].name: invalid empty name ""`],
    ),
    ...byteWarnings(spec['overhead'], `${place.spec}.overhead`),
    ...seccompWarnings(spec, fieldsOf(annotations), place.metadata),
    ...containers.flatMap(([container, path]) => [
      ...profileWarnings(container, spec, fieldsOf(annotations), place.metadata, isTemplate),
      ...containerWarnings(container, path),
    ]),
    ...portWarnings(containers),
    ...graceWarnings(spec, place.spec),
    ...['podAffinity', 'podAntiAffinity'].flatMap((kind) =>
      podAffinityWarnings(at(spec, 'affinity', kind), `${place.spec}.affinity.${kind}`),
    ),
    ...addressListWarnings(`${place.spec}.dnsConfig.nameservers`, at(spec, 'dnsConfig')['nameservers']),
    ...fieldsList(spec['hostAliases']).flatMap(({ ip }, index) =>
      addressWarnings(`${place.spec}.hostAliases[${index}].ip`, ip),
    ),
  ]
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution'
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'

function nodeAffinityWarnings(affinity: Fields, field: string): string[] {
  const must = fieldsList(at(affinity, required)['nodeSelectorTerms'])
  return [
    ...must.flatMap((term, index) =>
      selectorTermWarnings(term, `${field}.${required}.nodeSelectorTerms[${index}]`, false),
    ),
    ...fieldsList(affinity[preferred]).flatMap((term, index) =>
      selectorTermWarnings(fieldsOf(term['preference']), `${field}.${preferred}[${index}].preference`, true),
    ),
  ]
}

const selectsNothing = 'a null labelSelector results in matching no pod'

function spreadWarnings(spec: Fields, field: string): string[] {
  return fieldsList(spec['topologySpreadConstraints']).flatMap((constraint, index) => {
    const path = `${field}.topologySpreadConstraints[${index}]`
    const text = oldLabel(constraint['topologyKey'])
    return [
      ...(text === undefined ? [] : [`${path}.topologyKey: ${textOf(constraint['topologyKey'])} is ${text}`]),
      ...(isFields(constraint['labelSelector']) ? [] : [`${path}.labelSelector: ${selectsNothing}`]),
    ]
  })
}

function podAffinityWarnings(affinity: Fields, field: string): string[] {
  const missing = (term: Fields, path: string): string[] =>
    isFields(term['labelSelector']) ? [] : [`${path}.labelSelector: ${selectsNothing}`]
  return [
    ...fieldsList(affinity[required]).flatMap((term, index) => missing(term, `${field}.${required}[${index}]`)),
    ...fieldsList(affinity[preferred]).flatMap((term, index) =>
      missing(fieldsOf(term['podAffinityTerm']), `${field}.${preferred}[${index}].podAffinityTerm`),
    ),
  ]
}

const oldAnnotations: Readonly<Record<string, string>> = dictionary({
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
})

function oldAnnotationWarnings(annotations: Fields, metadata: string): string[] {
  return Object.entries(oldAnnotations).flatMap(([key, text]) =>
    key in annotations ? [`${metadata}.annotations[${key}]: ${text}`] : [],
  )
}

function volumeWarnings(volume: Fields, path: string): string[] {
  const claim = at(volume, 'ephemeral', 'volumeClaimTemplate')
  return [
    ...oldVolumeWarnings(volume, path),
    ...claimSpecWarnings(fieldsOf(claim['spec']), `${path}.ephemeral.volumeClaimTemplate.spec`),
  ]
}

/** Elements that come twice. */
function doubleWarnings(list: unknown, name: string, field: string): string[] {
  const values = fieldsList(list).map((item) => textOf(item[name]))
  return values.flatMap((value, index) =>
    values.indexOf(value) === index ? [] : [`${field}[${index}].${name}: duplicate ${name} ${quoteGo(value)}`],
  )
}

/** Bytes come whole. */
function byteWarnings(amounts: unknown, field: string): string[] {
  return ['memory', 'ephemeral-storage'].flatMap((name) => {
    const amount = fieldsOf(amounts)[name]
    return amount === undefined || isWhole(amount)
      ? []
      : [`${field}[${name}]: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`]
  })
}

const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod'
const useSeccomp = 'non-functional in v1.27+; use the "seccompProfile" field instead'

function seccompWarnings(spec: Fields, annotations: Fields, metadata: string): string[] {
  if (isFields(at(spec, 'securityContext')['seccompProfile']) || !(seccompPod in annotations)) return []
  return [`${metadata}.annotations[${seccompPod}]: ${useSeccomp}`]
}

function profileWarnings(
  container: Fields,
  spec: Fields,
  annotations: Fields,
  metadata: string,
  isTemplate: boolean,
): string[] {
  const name = textOf(container['name'])
  const own = at(container, 'securityContext')
  const seccomp = `container.seccomp.security.alpha.kubernetes.io/${name}`
  const armor = `container.apparmor.security.beta.kubernetes.io/${name}`
  const found: string[] = []
  if (!isFields(own['seccompProfile']) && seccomp in annotations)
    found.push(`${metadata}.annotations[${seccomp}]: ${useSeccomp}`)
  // Of a Pod the annotation becomes the field; a template keeps it.
  const covered = isFields(own['appArmorProfile']) || isFields(at(spec, 'securityContext')['appArmorProfile'])
  if (isTemplate && !covered && armor in annotations)
    found.push(`${metadata}.annotations[${armor}]: deprecated since v1.30; use the "appArmorProfile" field instead`)
  return found
}

function containerWarnings(container: Fields, path: string): string[] {
  const resources = fieldsOf(container['resources'])
  const bytes = ['memory', 'ephemeral-storage'].flatMap((name) =>
    ['limits', 'requests'].flatMap((part) => {
      const amount = fieldsOf(resources[part])[name]
      return amount === undefined ? [] : byteWarnings({ [name]: amount }, `${path}.resources.${part}`)
    }),
  )
  const names = new Set<string>()
  const hidden = fieldsList(container['env']).flatMap((variable, index) => {
    const name = textOf(variable['name'])
    const again = names.has(name)
    names.add(name)
    const text = `${path}.env[${index}]: hides previous definition of ${quoteGo(name)}, which may be dropped when using apply`
    return again && hides(variable) ? [text] : []
  })
  return [...bytes, ...hidden]
}

/** A second value that holds the first within it hides nothing. */
function hides(variable: Fields): boolean {
  const earlier = `$(${textOf(variable['name'])})`
  const value = textOf(variable['value'])
  return isFields(variable['valueFrom']) || value === earlier || !value.includes(earlier)
}

function graceWarnings(spec: Fields, field: string): string[] {
  return (numberOf(spec['terminationGracePeriodSeconds']) ?? 0) < 0
    ? [`${field}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
    : []
}
