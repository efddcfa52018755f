import { describe, expect, test } from 'vitest'
import type { RequestInfo } from '../../api-server.ts'
import { testApi, type TestApi } from '../testing/api.ts'
import { validatingPolicies } from './validating-policy.ts'

const configMaps = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] }

interface Given {
  readonly policy?: object
  readonly binding?: object
  readonly authorize?: (info: RequestInfo) => { allowed: boolean }
}

async function apiWith(validations: readonly object[], given: Given = {}): Promise<TestApi> {
  const api = await testApi([validatingPolicies()], given.authorize)
  await api.create('validatingadmissionpolicies', {
    metadata: { name: 'p' },
    spec: { matchConstraints: { resourceRules: [configMaps] }, validations, ...given.policy },
  })
  await api.create('validatingadmissionpolicybindings', {
    metadata: { name: 'b' },
    spec: { policyName: 'p', validationActions: ['Deny'], ...given.binding },
  })
  return api
}

const configMap = (name: string, data: object = {}, metadata: object = {}): object => ({
  metadata: { name, ...metadata },
  data,
})
const denied = (why: string): string => `ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ${why}`
const ref = { group: '', version: 'v1', resource: 'configmaps', namespace: 'a', name: 'x' }

describe('a validation that fails', () => {
  test('refuses as invalid, with its message as cause', async () => {
    const api = await apiWith([{ expression: "!('bad' in object.data)", message: 'no bad keys' }])
    await api.create('configmaps', configMap('ok', { good: '1' }))
    expect((await api.refused('configmaps', configMap('x', { bad: '1' }))).status).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: `configmaps "x" is forbidden: ${denied('no bad keys')}`,
      details: { name: 'x', kind: 'configmaps', causes: [{ message: denied('no bad keys') }] },
    })
  })

  test.each([
    [{ reason: 'Forbidden' }, 403],
    [{ reason: 'Unauthorized' }, 401],
    [{ reason: 'RequestEntityTooLarge' }, 413],
  ])('refuses for its own reason %o', async (reason, code) => {
    const api = await apiWith([{ expression: 'false', ...reason }])
    expect((await api.refused('configmaps', configMap('x'))).status).toMatchObject({ code, ...reason })
  })

  test.each([
    [{ messageExpression: "'name ' + object.metadata.name" }, 'name x'],
    [{ messageExpression: "'a\\nb'", message: 'plain' }, 'plain'],
    [{ messageExpression: 'object.nothing' }, "failed expression: object.metadata.name == 'ok'"],
    [{}, "failed expression: object.metadata.name == 'ok'"],
  ])('says %o', async (more, why) => {
    const api = await apiWith([{ expression: "object.metadata.name == 'ok' ", ...more }])
    expect((await api.refused('configmaps', configMap('x'))).message).toContain(denied(why))
  })

  test('is only told of where the binding says so', async () => {
    const api = await apiWith([{ expression: 'false', message: 'no' }], {
      binding: { validationActions: ['Warn', 'Audit'] },
    })
    expect(await api.warned('configmaps', configMap('x'))).toEqual([
      "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': no",
    ])
  })
})

describe('an expression that cannot be evaluated', () => {
  const broken = [{ expression: "object.data.nothing == 'x'" }]
  test('refuses', async () => {
    const api = await apiWith(broken)
    expect((await api.refused('configmaps', configMap('x', { a: 'b' }))).message).toContain(
      denied("expression 'object.data.nothing == 'x'' resulted in error: no such key: nothing"),
    )
  })
  test('is ignored where the policy says so', async () => {
    const api = await apiWith(broken, { policy: { failurePolicy: 'Ignore' } })
    await api.create('configmaps', configMap('x', { a: 'b' }))
  })
})

describe('what expressions see', () => {
  test.each([
    ['the namespace', "namespaceObject.metadata.name == 'a'"],
    [
      'the request',
      "request.operation == 'CREATE' && request.resource.resource == 'configmaps' && request.userInfo.username != ''",
    ],
    ['no former object', 'oldObject == null'],
    ['no parameters', 'params == null'],
    ['optional fields', "object.?data.?a.orValue('1') == '1'"],
    ['that it is no dry run', 'request.dryRun == false'],
  ])('%s', async (_, expression) => {
    const api = await apiWith([{ expression }])
    await api.create('configmaps', configMap('x'))
  })

  test('the former object of an update', async () => {
    const api = await apiWith([
      { expression: 'oldObject == null || object.data.a == oldObject.data.a', message: 'fixed' },
    ])
    await api.create('configmaps', configMap('x', { a: '1' }))
    const change = api.objects.patch(ref, { data: { a: '2' } }, { type: 'merge' })
    await expect(change).rejects.toThrow(denied('fixed'))
  })

  test('variables, each with those before it', async () => {
    const variables = [
      { name: 'count', expression: 'object.data.size()' },
      { name: 'many', expression: 'variables.count > 1' },
    ]
    const api = await apiWith([{ expression: '!variables.many', message: 'too many' }], { policy: { variables } })
    await api.create('configmaps', configMap('x', { a: '1' }))
    expect((await api.refused('configmaps', configMap('y', { a: '1', b: '2' }))).message).toContain('too many')
  })

  test('what the user may do', async () => {
    const expression = "authorizer.group('apps').resource('deployments').namespace('a').check('delete').allowed()"
    const authorize = ({ resource, verb }: RequestInfo) => ({
      allowed: resource === 'deployments' && verb === 'delete',
    })
    await (await apiWith([{ expression }], { authorize })).create('configmaps', configMap('x'))
    expect((await (await apiWith([{ expression }])).refused('configmaps', configMap('x'))).code).toBe(422)
  })
})

describe('what is looked at', () => {
  const no = [{ expression: 'false' }]
  test.each([
    [
      'match conditions',
      { policy: { matchConditions: [{ name: 'c', expression: "object.metadata.name == 'other'" }] } },
    ],
    [
      'excluded rules',
      { policy: { matchConstraints: { resourceRules: [configMaps], excludeResourceRules: [configMaps] } } },
    ],
    ['names', { policy: { matchConstraints: { resourceRules: [{ ...configMaps, resourceNames: ['other'] }] } } }],
    [
      'the object selector',
      { policy: { matchConstraints: { resourceRules: [configMaps], objectSelector: { matchLabels: { a: 'b' } } } } },
    ],
    ['the namespace selector', { binding: { matchResources: { namespaceSelector: { matchLabels: { a: 'b' } } } } }],
    ['operations', { policy: { matchConstraints: { resourceRules: [{ ...configMaps, operations: ['DELETE'] }] } } }],
  ])('depends on %s', async (_, given) => {
    const api = await apiWith(no, given)
    await api.create('configmaps', configMap('x'))
  })

  test('is a deletion too', async () => {
    const matchConstraints = { resourceRules: [{ ...configMaps, operations: ['DELETE'] }] }
    const keep = [{ expression: "object == null && oldObject.metadata.name != 'x'", message: 'keep it' }]
    const api = await apiWith(keep, { policy: { matchConstraints } })
    await api.create('configmaps', configMap('x'))
    await expect(api.objects.delete(ref)).rejects.toThrow(`configmaps "x" is forbidden: ${denied('keep it')}`)
  })

  test('is a scale, as its own kind', async () => {
    const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['deployments/scale'] }
    const matchConstraints = { resourceRules: [rule] }
    const few = [{ expression: "request.kind.kind == 'Scale' && object.spec.replicas <= 5", message: 'too many' }]
    const api = await apiWith(few, { policy: { matchConstraints } })
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    const spec = { replicas: 9, selector: { matchLabels: { a: 'b' } }, template }
    await api.create('deployments', { metadata: { name: 'd' }, spec })
    const deployment = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'a', name: 'd' }
    const scaleTo = (replicas: number) =>
      api.objects.patch(deployment, { spec: { replicas } }, { type: 'merge', subresource: 'scale' })
    await scaleTo(3)
    await expect(scaleTo(6)).rejects.toThrow(denied('too many'))
  })

  test('is another version of the same objects', async () => {
    const rule = { apiGroups: ['autoscaling'], apiVersions: ['v1'], operations: ['*'], resources: ['*'] }
    const matchConstraints = { resourceRules: [rule] }
    const api = await apiWith([{ expression: "request.kind.version == 'v2'" }], { policy: { matchConstraints } })
    const scaler = {
      metadata: { name: 'h' },
      spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } },
    }
    const v2 = { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers', namespace: 'a' }
    const made = api.objects.create(v2, { ...scaler, apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' })
    await expect(made).rejects.toThrow("failed expression: request.kind.version == 'v2'")
  })
})

describe('parameters', () => {
  const policy = { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } }
  const limit = [{ expression: "object.metadata.name == params.data.only || object.metadata.name == 'limits'" }]
  const paramRef = { name: 'limits', namespace: 'a', parameterNotFoundAction: 'Deny' }

  test('come from the object that the binding names', async () => {
    const api = await apiWith(limit, {
      policy,
      binding: { paramRef: { ...paramRef, parameterNotFoundAction: 'Allow' } },
    })
    await api.create('configmaps', configMap('limits', { only: 'x' }))
    await api.create('configmaps', configMap('x'))
    expect((await api.refused('configmaps', configMap('y'))).code).toBe(422)
  })

  test('that are missing refuse or allow, as the binding says', async () => {
    const api = await apiWith(limit, { policy, binding: { paramRef } })
    expect((await api.refused('configmaps', configMap('y'))).message).toContain(
      denied('failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction'),
    )
  })

  test('must be of a kind that is served', async () => {
    const api = await apiWith(limit, {
      policy: { paramKind: { apiVersion: 'x.y/v1', kind: 'Z' } },
      binding: { paramRef },
    })
    expect((await api.refused('configmaps', configMap('y'))).message).toContain(
      "ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'x.y/v1, Kind=Z'",
    )
  })
})
