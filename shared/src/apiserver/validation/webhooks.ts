import type { FieldError } from '../strategy.ts'
import { duplicate, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { validateSelector } from './labels.ts'
import { validateConditions, type CheckExpression } from './match-conditions.ts'
import { dns1035Label, dnsSubdomain, portNumber } from './names.ts'
import { fieldsList, fieldsOf, listOf, numberOf, textOf, type Fields } from './values.ts'

/** ValidatingWebhookConfiguration and MutatingWebhookConfiguration. */
export function validateWebhooks(next: Fields, mutating: boolean, check: CheckExpression): FieldError[] {
  const seen = new Set<string>()
  return fieldsList(next['webhooks']).flatMap((hook, index) => {
    const field = `webhooks[${index}]`
    const name = textOf(hook['name'])
    const errors = [...validateWebhook(hook, field, mutating, check), ...reviewVersions(hook, field)]
    if (name !== '' && seen.has(name)) errors.push(duplicate(`${field}.name`, name))
    seen.add(name)
    return errors
  })
}

const knownVersions = ['v1', 'v1beta1']

function reviewVersions(hook: Fields, hookField: string): FieldError[] {
  const field = `${hookField}.admissionReviewVersions`
  const versions = listOf(hook['admissionReviewVersions']).map(textOf)
  if (versions.length === 0) return [required(field, `must specify one of ${knownVersions.join(', ')}`)]
  const errors = versions.flatMap((version, index) => {
    const at = `${field}[${index}]`
    return versions.indexOf(version) < index
      ? [invalid(at, version, 'duplicate version')]
      : invalidAll(at, version, dns1035Label(version))
  })
  if (!versions.some((version) => knownVersions.includes(version)))
    errors.push(invalid(field, versions, `must include at least one of ${knownVersions.join(', ')}`))
  return errors
}

function qualified(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)]
  const problems = dnsSubdomain(name)
  if (problems.length > 0) return [invalid(field, name, problems.join(','))]
  return name.split('.').length < 3
    ? [invalid(field, name, 'should be a domain with at least three segments separated by dots')]
    : []
}

function oneOf(hook: Fields, field: string, name: string, allowed: readonly string[]): FieldError[] {
  const value = hook[name] ?? undefined
  return value === undefined || allowed.includes(textOf(value))
    ? []
    : [notSupported(`${field}.${name}`, value, allowed)]
}

const quiet = ['None', 'NoneOnDryRun']

function validateWebhook(hook: Fields, field: string, mutating: boolean, check: CheckExpression): FieldError[] {
  const errors = [
    ...qualified(textOf(hook['name']), `${field}.name`),
    ...fieldsList(hook['rules']).flatMap((rule, index) => validateRule(rule, `${field}.rules[${index}]`)),
    ...oneOf(hook, field, 'failurePolicy', ['Fail', 'Ignore']),
    ...oneOf(hook, field, 'matchPolicy', ['Equivalent', 'Exact']),
  ]
  if ((hook['sideEffects'] ?? undefined) === undefined)
    errors.push(required(`${field}.sideEffects`, `must specify one of ${quiet.join(', ')}`))
  errors.push(...oneOf(hook, field, 'sideEffects', quiet))
  const seconds = numberOf(hook['timeoutSeconds'])
  if (seconds !== undefined && (seconds < 1 || seconds > 30))
    errors.push(invalid(`${field}.timeoutSeconds`, seconds, 'the timeout value must be between 1 and 30 seconds'))
  for (const name of ['namespaceSelector', 'objectSelector'])
    if (hook[name] !== undefined) errors.push(...validateSelector(hook[name], `${field}.${name}`))
  if (mutating) errors.push(...oneOf(hook, field, 'reinvocationPolicy', ['IfNeeded', 'Never']))
  errors.push(...validateClient(fieldsOf(hook['clientConfig']), `${field}.clientConfig`))
  errors.push(...validateConditions(hook['matchConditions'], `${field}.matchConditions`, check))
  return errors
}

/** Checks where webhooks are called: by a URL, or a service. */
export function validateClient(config: Fields, field: string): FieldError[] {
  const { url, service } = config
  if ((url === undefined) === (service === undefined))
    return [required(field, 'exactly one of url or service is required')]
  return url === undefined
    ? validateService(fieldsOf(service), `${field}.service`)
    : validateUrl(textOf(url), `${field}.url`)
}

const form = '; desired format: https://host[/path]'

function validateUrl(text: string, field: string): FieldError[] {
  const [, scheme = '', rest = text] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?([^]*)$/.exec(text) ?? []
  const [, authority = '', tail = ''] = /^(?:\/\/([^/?#]*))?([^]*)$/.exec(rest) ?? []
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  const [beforeFragment = '', ...fragment] = tail.split('#')
  const query = beforeFragment.split('?').slice(1).join('?')
  const errors: FieldError[] = []
  if (scheme !== 'https') errors.push(invalid(field, scheme, `'https' is the only allowed URL scheme${form}`))
  if (host === '') errors.push(invalid(field, host, `host must be specified${form}`))
  if (at >= 0) errors.push(invalid(field, authority.slice(0, at), 'user information is not permitted in the URL'))
  if (fragment.join('#') !== '')
    errors.push(invalid(field, fragment.join('#'), 'fragments are not permitted in the URL'))
  if (query !== '') errors.push(invalid(field, query, 'query parameters are not permitted in the URL'))
  return errors
}

function validateService(service: Fields, field: string): FieldError[] {
  const errors: FieldError[] = []
  // The server itself takes the one for the other.
  if (textOf(service['namespace']) === '') errors.push(required(`${field}.name`))
  if (textOf(service['name']) === '') errors.push(required(`${field}.namespace`))
  const port = numberOf(service['port']) ?? 443
  const problems = portNumber(port)
  if (problems.length > 0) errors.push(invalid(`${field}.port`, port, `port is not valid: ${problems.join(',')}`))
  if (typeof service['path'] === 'string') errors.push(...validatePath(service['path'], `${field}.path`))
  return errors
}

function validatePath(path: string, field: string): FieldError[] {
  if (path === '/' || path === '') return []
  if (path === '//') return [invalid(field, path, 'segment[0] may not be empty')]
  const errors: FieldError[] = []
  if (!path.startsWith('/')) errors.push(invalid(field, path, "must start with a '/'"))
  const steps = path.replace(/^\//, '').replace(/\/$/, '').split('/')
  steps.forEach((step, index) => {
    if (step === '') errors.push(invalid(field, path, `segment[${index}] may not be empty`))
    else errors.push(...dnsSubdomain(step).map((why) => invalid(field, path, `segment[${index}]: ${why}`)))
  })
  return errors
}

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']

/** A rule by which webhooks and policies match requests. */
export function validateRule(rule: Fields, field: string): FieldError[] {
  const errors: FieldError[] = []
  const list = (name: string): string[] => listOf(rule[name]).map(textOf)
  const wild = (name: string, what: string): void => {
    const items = list(name)
    if (items.length === 0) errors.push(required(`${field}.${name}`))
    if (items.length > 1 && items.includes('*'))
      errors.push(invalid(`${field}.${name}`, items, `if '*' is present, must not specify other ${what}`))
  }
  wild('operations', 'operations')
  list('operations').forEach((operation, index) => {
    if (!operations.includes(operation))
      errors.push(notSupported(`${field}.operations[${index}]`, operation, operations))
  })
  wild('apiGroups', 'API groups')
  wild('apiVersions', 'API versions')
  list('apiVersions').forEach((version, index) => {
    if (version === '') errors.push(required(`${field}.apiVersions[${index}]`))
  })
  errors.push(...validateResources(list('resources'), `${field}.resources`))
  errors.push(...oneOf(rule, field, 'scope', ['*', 'Cluster', 'Namespaced']))
  return errors
}

function validateResources(resources: readonly string[], field: string): FieldError[] {
  if (resources.length === 0) return [required(field)]
  const errors: FieldError[] = []
  const allOf = new Set<string>()
  const ofAll = new Set<string>()
  resources.forEach((item, index) => {
    const slash = item.indexOf('/')
    if (item === '') errors.push(required(`${field}[${index}]`))
    if (slash < 0) return
    const [resource, sub] = [item.slice(0, slash), item.slice(slash + 1)]
    const clash = (other: string): void =>
      void errors.push(invalid(`${field}[${index}]`, item, `if '${other}' is present, must not specify ${item}`))
    if (allOf.has(resource)) clash(`${resource}/*`)
    if (ofAll.has(sub)) clash(`*/${sub}`)
    if (sub === '*') allOf.add(resource)
    if (resource === '*') ofAll.add(sub)
  })
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalid(field, resources, "if '*/*' is present, must not specify other resources"))
  if (resources.includes('*') && resources.some((item) => item !== '*' && !item.includes('/')))
    errors.push(invalid(field, resources, "if '*' is present, must not specify other resources without subresources"))
  return errors
}
