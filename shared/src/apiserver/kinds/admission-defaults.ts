import { childOf, fieldsList, isFields, type Fields } from '../validation/values.ts'

/** ValidatingWebhookConfiguration. */
export function defaultValidatingWebhooks(object: Fields): void {
  for (const webhook of fieldsList(object['webhooks'])) defaultWebhook(webhook)
}

/** MutatingWebhookConfiguration, whose webhooks are called once. */
export function defaultMutatingWebhooks(object: Fields): void {
  for (const webhook of fieldsList(object['webhooks'])) {
    defaultWebhook(webhook)
    webhook['reinvocationPolicy'] ??= 'Never'
  }
}

function defaultWebhook(webhook: Fields): void {
  webhook['failurePolicy'] ??= 'Fail'
  webhook['matchPolicy'] ??= 'Equivalent'
  childOf(webhook, 'namespaceSelector')
  childOf(webhook, 'objectSelector')
  webhook['timeoutSeconds'] ??= 10
  const config = childOf(webhook, 'clientConfig')
  if (isFields(config['service'])) config['service']['port'] ??= 443
  for (const rule of fieldsList(webhook['rules'])) rule['scope'] ??= '*'
}

/** ValidatingAdmissionPolicy. */
export function defaultPolicy(object: Fields): void {
  const spec = childOf(object, 'spec')
  spec['failurePolicy'] ??= 'Fail'
  if (isFields(spec['matchConstraints'])) defaultMatch(spec['matchConstraints'])
  childOf(object, 'status')
}

/** MutatingAdmissionPolicy, which has no status. */
export function defaultMutatingPolicy(object: Fields): void {
  const spec = childOf(object, 'spec')
  spec['failurePolicy'] ??= 'Fail'
  if (isFields(spec['matchConstraints'])) defaultMatch(spec['matchConstraints'])
}

/** ValidatingAdmissionPolicyBinding and MutatingAdmissionPolicyBinding. */
export function defaultPolicyBinding(object: Fields): void {
  const spec = childOf(object, 'spec')
  if (isFields(spec['matchResources'])) defaultMatch(spec['matchResources'])
}

function defaultMatch(match: Fields): void {
  match['matchPolicy'] ??= 'Equivalent'
  childOf(match, 'namespaceSelector')
  childOf(match, 'objectSelector')
  for (const list of ['resourceRules', 'excludeResourceRules']) {
    for (const rule of fieldsList(match[list])) rule['scope'] ??= '*'
  }
}
