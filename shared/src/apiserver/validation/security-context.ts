import type { FieldError } from '../strategy.ts'
import { duplicate, forbidden, invalid, notSupported, required } from './field-errors.ts'
import { printGo } from './go-print.ts'
import { validateRelativePath } from './paths.ts'
import { fieldsList, fieldsOf, isFields, listOf, numberOf, textOf, type Fields } from './values.ts'

const idRange = 'must be between 0 and 2147483647, inclusive'

function validateIds(context: Fields, field: string, ...names: readonly string[]): FieldError[] {
  return names.flatMap((name) => {
    const id = numberOf(context[name])
    return id !== undefined && (id < 0 || id > 2147483647) ? [invalid(`${field}.${name}`, id, idRange)] : []
  })
}

const seccompTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']

function validateSeccomp(profile: unknown, field: string): FieldError[] {
  if (!isFields(profile)) return []
  const errors: FieldError[] = []
  const type = textOf(profile['type'])
  if (type === '') errors.push(required(`${field}.type`, 'type is required when seccompProfile is set'))
  else if (!seccompTypes.includes(type)) errors.push(notSupported(`${field}.type`, type, seccompTypes))
  const path = profile['localhostProfile']
  if (type === 'Localhost') {
    if (path === undefined)
      errors.push(required(`${field}.localhostProfile`, 'must be set when seccomp type is Localhost'))
    else errors.push(...validateRelativePath(textOf(path), `${field}.localhostProfile`))
  } else if (path !== undefined)
    errors.push(
      invalid(
        `${field}.localhostProfile`,
        printGo('core.v1.SeccompProfile', profile),
        'can only be set when seccomp type is Localhost',
      ),
    )
  return errors
}

function validateAppArmor(profile: unknown, field: string): FieldError[] {
  if (!isFields(profile)) return []
  const type = textOf(profile['type'])
  const path = profile['localhostProfile']
  const at = `${field}.localhostProfile`
  switch (type) {
    case 'Localhost':
      if (textOf(path).trim() === '') return [required(at, 'must be set when AppArmor type is Localhost')]
      return textOf(path) === textOf(path).trim() ? [] : [invalid(at, path, 'must not be padded with whitespace')]
    case 'RuntimeDefault':
    case 'Unconfined':
      return path === undefined ? [] : [invalid(at, path, 'can only be set when AppArmor type is Localhost')]
    case '':
      return [required(`${field}.type`, 'type is required when appArmorProfile is set')]
    default:
      return [notSupported(`${field}.type`, type, ['Localhost', 'RuntimeDefault', 'Unconfined'])]
  }
}

const sysctlPattern = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/

function validateSysctls(sysctls: unknown, field: string): FieldError[] {
  const names = new Set<string>()
  return fieldsList(sysctls).flatMap((item, index) => {
    const path = `${field}[${index}].name`
    const name = textOf(item['name'])
    if (name === '') return [required(path)]
    if (name.length > 253 || !sysctlPattern.test(name))
      return [
        invalid(
          path,
          name,
          'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
        ),
      ]
    if (names.has(name)) return [duplicate(path, name)]
    names.add(name)
    return []
  })
}

const oneOf = (context: Fields, field: string, name: string, supported: readonly string[]): FieldError[] =>
  context[name] === undefined || supported.includes(textOf(context[name]))
    ? []
    : [notSupported(`${field}.${name}`, context[name], supported)]

/** Checks the security context of a whole pod. */
export function validatePodSecurity(spec: Fields, field: string): FieldError[] {
  const context = fieldsOf(spec['securityContext'])
  const path = `${field}.securityContext`
  const errors = validateIds(context, path, 'fsGroup', 'runAsUser', 'runAsGroup')
  listOf(context['supplementalGroups']).forEach((group, index) => {
    const id = numberOf(group) ?? 0
    if (id < 0 || id > 2147483647) errors.push(invalid(`${path}.supplementalGroups[${index}]`, id, idRange))
  })
  if (spec['shareProcessNamespace'] === true && spec['hostPID'] === true)
    errors.push(
      invalid(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    )
  errors.push(
    ...validateSysctls(context['sysctls'], `${path}.sysctls`),
    ...oneOf(context, path, 'fsGroupChangePolicy', ['Always', 'OnRootMismatch']),
    ...validateSeccomp(context['seccompProfile'], `${path}.seccompProfile`),
    ...validateAppArmor(context['appArmorProfile'], `${path}.appArmorProfile`),
    ...oneOf(context, path, 'supplementalGroupsPolicy', ['Merge', 'Strict']),
    ...oneOf(context, path, 'seLinuxChangePolicy', ['MountOption', 'Recursive']),
  )
  if (spec['hostUsers'] === false)
    for (const name of ['hostNetwork', 'hostPID', 'hostIPC'])
      if (spec[name] === true)
        errors.push(
          forbidden(
            `${field}.${name === 'hostNetwork' ? name : name.replace('host', 'Host')}`,
            'when `pod.Spec.HostUsers` is false',
          ),
        )
  return errors
}

/** Checks the security context of one container. */
export function validateContainerSecurity(context: unknown, field: string): FieldError[] {
  if (!isFields(context)) return []
  const shown = printGo('core.v1.SecurityContext', context)
  const errors = validateIds(context, field, 'runAsUser', 'runAsGroup')
  errors.push(
    ...oneOf(context, field, 'procMount', ['Default', 'Unmasked']),
    ...validateSeccomp(context['seccompProfile'], `${field}.seccompProfile`),
  )
  if (context['allowPrivilegeEscalation'] === false) {
    if (context['privileged'] === true)
      errors.push(invalid(field, shown, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'))
    if (listOf(fieldsOf(context['capabilities'])['add']).includes('CAP_SYS_ADMIN'))
      errors.push(
        invalid(field, shown, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'),
      )
  }
  return [...errors, ...validateAppArmor(context['appArmorProfile'], `${field}.appArmorProfile`)]
}
