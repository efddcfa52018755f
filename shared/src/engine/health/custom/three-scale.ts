import type { KubeObject } from '../../../k8s/object.ts'
import type { HealthStatus } from '../../../argo/application.ts'
import { at } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, byConditions, conditionsAt, when, type CustomRule, type RuleTable, type Step } from './rules.ts'

const waiting = (kind: string): string => `Waiting for 3scale ${kind} status...`

/** The condition's message, else a text of ours. */
const or =
  (words: string): Step['say'] =>
  (condition) =>
    condition['message'] ?? words

/** What each condition of 3scale's things means where it is true. */
function byTrue(
  kind: string,
  good: readonly [string, string],
  bad: readonly (readonly [string, string])[],
): CustomRule {
  const [type, word] = good
  return byConditions({
    passes: [
      [
        when(type, 'True', 'Healthy', `3scale ${kind} is ${word}`),
        ...bad.map(([name, words]) => when(name, 'True', 'Degraded', or(words))),
      ],
    ],
    waiting: waiting(kind),
  })
}

const invalid = (kind: string) => ['Invalid', `3scale ${kind} configuration is invalid`] as const
const orphan = (kind: string) => ['Orphan', `3scale ${kind} references non-existing resources`] as const
const unsynced = (kind: string) => ['Failed', `3scale ${kind} synchronization failed`] as const
const ready = ['Ready', 'ready'] as const

function manager(object: KubeObject): HealthStatus {
  const available = verdict('Healthy', '3scale APIManager is available')
  const deployments = at(object, 'status', 'deployments')
  const has = (state: string): boolean => (at(deployments, state) ?? undefined) !== undefined
  if (has('ready') && !has('starting') && !has('stopped')) return available
  for (const { type, status, reason } of conditionsAt(object)) {
    if (type !== 'Available') continue
    if (status === 'True') return available
    if (asText(reason) !== '') return verdict('Degraded', `3scale APIManager is degraded: ${asText(reason)}`)
  }
  return verdict('Progressing', waiting('APIManager'))
}

const isId = (value: unknown): boolean => typeof value === 'number' && value > 0

function application(object: KubeObject): HealthStatus {
  if (at(object, 'status', 'state') === 'suspended') return verdict('Suspended', '3scale Application is suspended')
  for (const { type, status, message } of conditionsAt(object)) {
    if (type !== 'Ready') continue
    if (status === 'True') return verdict('Healthy', '3scale Application is ready')
    // Once it has an id it exists, and what is not ready now is on its way.
    if (!isId(at(object, 'status', 'adminId'))) {
      return verdict('Degraded', asText(message ?? '3scale Application is not ready'))
    }
  }
  return verdict('Progressing', waiting('Application'))
}

function tenant(object: KubeObject): HealthStatus {
  const states = conditionsAt(object).filter((one) => one['type'] === 'Ready')
  const made = isId(at(object, 'status', 'tenantId')) && isId(at(object, 'status', 'adminId'))
  if (made && states.some((one) => one['status'] === 'True')) return verdict('Healthy', '3scale Tenant is ready')
  const unready = states.find((one) => one['status'] !== 'True')
  return unready
    ? verdict('Degraded', asText(unready['message'] ?? '3scale Tenant is degraded'))
    : verdict('Progressing', waiting('Tenant'))
}

const developerUser = byTrue('DeveloperUser', ready, [
  invalid('DeveloperUser'),
  orphan('DeveloperUser'),
  unsynced('DeveloperUser'),
])

/** Red Hat 3scale. */
export const threeScaleRules: RuleTable = {
  'apps.3scale.net/APIManager': manager,
  'capabilities.3scale.net/ActiveDoc': byTrue('ActiveDoc', ready, [
    invalid('ActiveDoc'),
    orphan('ActiveDoc'),
    unsynced('ActiveDoc'),
  ]),
  'capabilities.3scale.net/Application': application,
  'capabilities.3scale.net/ApplicationAuth': byTrue('ApplicationAuth', ready, [
    ['Failed', '3scale ApplicationAuth failed'],
  ]),
  'capabilities.3scale.net/Backend': byTrue('Backend', ['Synced', 'synced'], [invalid('Backend'), unsynced('Backend')]),
  'capabilities.3scale.net/CustomPolicyDefinition': byTrue('CustomPolicyDefinition', ready, [
    invalid('CustomPolicyDefinition'),
    unsynced('CustomPolicyDefinition'),
  ]),
  'capabilities.3scale.net/DeveloperAccount': byConditions({
    passes: [
      [
        when('Ready', 'True', 'Healthy', '3scale DeveloperAccount is ready'),
        when('Invalid', 'True', 'Degraded', or(invalid('DeveloperAccount')[1])),
        when('Failed', 'True', 'Degraded', or(unsynced('DeveloperAccount')[1])),
        when('Waiting', 'True', 'Suspended', or('3scale DeveloperAccount is waiting for approval')),
      ],
    ],
    waiting: waiting('DeveloperAccount'),
  }),
  'capabilities.3scale.net/DeveloperUser': (object) =>
    at(object, 'status', 'developerUserState') === 'suspended'
      ? verdict('Suspended', '3scale Developer user is waiting for admin approval')
      : developerUser(object),
  'capabilities.3scale.net/OpenAPI': byTrue('OpenAPI', ready, [
    invalid('OpenAPI'),
    ['Failed', '3scale OpenAPI reconciliation failed'],
  ]),
  'capabilities.3scale.net/Product': byTrue(
    'Product',
    ['Synced', 'synced'],
    [invalid('Product'), orphan('Product'), unsynced('Product')],
  ),
  'capabilities.3scale.net/ProxyConfigPromote': byConditions({
    passes: [
      [
        when('Ready', 'True', 'Healthy', '3scale ProxyConfigPromote is ready'),
        when('In-progress', 'True', 'Progressing', or('3scale ProxyConfigPromote is in progress')),
        // Misspelt there, and so here.
        when('Failed', 'True', 'Degraded', or('3cale ProxyConfigPromote failed')),
      ],
    ],
    waiting: waiting('ProxyConfigPromote'),
  }),
  'capabilities.3scale.net/Tenant': tenant,
}
