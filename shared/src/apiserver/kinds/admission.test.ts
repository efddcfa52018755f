import { expect, test } from 'vitest'
import { testApi } from '../admission/testing/api.ts'

const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }
const hook = {
  name: 'a.b.c',
  clientConfig: { url: 'https://a.b' },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  rules: [rule],
}

test.each([
  [
    { name: 'a.b' },
    'webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
  ],
  [{ clientConfig: {} }, 'webhooks[0].clientConfig: Required value: exactly one of url or service is required'],
  [
    { clientConfig: { url: 'http://a.b?c' } },
    '[webhooks[0].clientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path], webhooks[0].clientConfig.url: Invalid value: "c": query parameters are not permitted in the URL]',
  ],
  [{ sideEffects: undefined }, 'webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun'],
  [
    { sideEffects: 'Some' },
    'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
  ],
  [
    { timeoutSeconds: 31 },
    'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
  ],
  [
    { admissionReviewVersions: [] },
    'webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1',
  ],
  [
    { rules: [{ ...rule, operations: ['*', 'CREATE'] }] },
    'webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if \'*\' is present, must not specify other operations',
  ],
  [
    { rules: [{ ...rule, operations: ['create'] }] },
    'webhooks[0].rules[0].operations[0]: Unsupported value: "create": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
  ],
  [
    { matchConditions: [{ name: 'x', expression: 'nobody' }] },
    "webhooks[0].matchConditions[0].expression: Invalid value: \"nobody\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'nobody' (in container '')\n | nobody\n | ^",
  ],
])('a webhook with %o is refused', async (change, why) => {
  const api = await testApi([])
  const error = await api.refused('validatingwebhookconfigurations', {
    metadata: { name: 'w' },
    webhooks: [{ ...hook, ...change }],
  })
  expect(error.status).toMatchObject({
    code: 422,
    message: `ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: ${why}`,
  })
})

const spec = { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] }

test.each([
  [{ matchConstraints: undefined }, 'spec.matchConstraints: Required value'],
  [
    { validations: [] },
    '[spec.validations: Required value: validations or auditAnnotations must contain at least one item, spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item]',
  ],
  [
    { validations: [{ expression: ' ' }] },
    'spec.validations[0].expression: Required value: expression is not specified',
  ],
  [
    { validations: [{ expression: 'true', reason: 'NotFound' }] },
    'spec.validations[0].reason: Unsupported value: "NotFound": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"',
  ],
  [
    { validations: [{ expression: "'text'" }] },
    'spec.validations[0].expression: Invalid value: "\'text\'": must evaluate to bool',
  ],
  [
    { validations: [{ expression: 'true', messageExpression: '1 + 1' }] },
    'spec.validations[0].messageExpression: Invalid value: "1 + 1": must evaluate to string',
  ],
  [
    { variables: [{ name: 'a-b', expression: 'true' }] },
    'spec.variables[0].name: Invalid value: "a-b": name is not a valid CEL identifier',
  ],
])('a policy with %o is refused', async (change, why) => {
  const api = await testApi([])
  const error = await api.refused('validatingadmissionpolicies', {
    metadata: { name: 'p' },
    spec: { ...spec, ...change },
  })
  expect(error.message).toBe(`ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: ${why}`)
})

test.each([
  [{ validationActions: [] }, 'spec.validationActions: Required value: at least one validation action is required'],
  [{ policyName: '' }, 'spec.policyName: Required value'],
  [
    { validationActions: ['Deny', 'Warn'] },
    'spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
  ],
  [
    { paramRef: { parameterNotFoundAction: 'Deny' } },
    'spec.paramRef: Required value: one of name or selector must be specified',
  ],
])('a binding with %o is refused', async (change, why) => {
  const api = await testApi([])
  const binding = { metadata: { name: 'b' }, spec: { policyName: 'p', validationActions: ['Deny'], ...change } }
  const error = await api.refused('validatingadmissionpolicybindings', binding)
  expect(error.message).toBe(`ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io "b" is invalid: ${why}`)
})
