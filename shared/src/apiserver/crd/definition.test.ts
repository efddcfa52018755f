import { describe, expect, it } from 'vitest'
import type { Fields } from '../validation/values.ts'
import { validateDefinition } from './definition.ts'
import { defaultDefinition } from './strategy.ts'

const schema = (spec: unknown): Fields => ({ type: 'object', properties: { spec } })
const text = { type: 'string' }

function complaints(version: Fields, spec: Fields = {}): string[] {
  const definition: Fields = {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema(text) }, ...version }],
      ...spec,
    },
    status: { storedVersions: ['v1'] },
  }
  defaultDefinition(definition)
  return validateDefinition(definition, undefined).map(({ field, message }) => `${field}: ${message}`)
}

const schemas: readonly (readonly [string, unknown, readonly string[]])[] = [
  ['no type', {}, ['.type: Required value: must not be empty for specified object fields']],
  [
    'items without type',
    { type: 'array', items: {} },
    ['.items.type: Required value: must not be empty for specified array items'],
  ],
  [
    'unique items',
    { type: 'array', items: text, uniqueItems: true },
    ['.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic'],
  ],
  [
    'a set of objects',
    { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'object' } },
    [
      '.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set',
    ],
  ],
  [
    'keys that may be absent',
    {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { type: 'object', properties: { name: text } },
    },
    [
      '.items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
    ],
  ],
  [
    'keys that are no properties',
    {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { type: 'object', properties: {} },
    },
    ['.x-kubernetes-list-map-keys: Invalid value: ["name"]: entries must all be names of item properties'],
  ],
  ['a reference', { type: 'object', $ref: '#/a' }, ['.$ref: Forbidden: $ref is not supported']],
  [
    'a pattern that is none',
    { type: 'string', pattern: '[a' },
    [
      '.pattern: Invalid value: "[a": must be a valid regular expression, but isn\'t: error parsing regexp: missing closing ]: `[a`',
    ],
  ],
  [
    'a default of things unknown',
    { type: 'object', properties: { a: text }, default: { b: 1 } },
    ['.default: Invalid value: {"b":1}: must not have unknown fields'],
  ],
  [
    'a rule that does not compile',
    { type: 'object', 'x-kubernetes-validations': [{ rule: 'size == 1' }] },
    [
      '.x-kubernetes-validations[0].rule: Invalid value: {"Rule":"size == 1","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:1: undeclared reference to \'size\' (in container \'\')\n | size == 1\n | ^',
    ],
  ],
  [
    'an old value that cannot be found',
    { type: 'array', items: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] } },
    [
      '.items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[spec]',
    ],
  ],
  ['an int or string', { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }, []],
  [
    'restrictions that tell more',
    { type: 'string', allOf: [{ type: 'string', nullable: true }] },
    [
      '.allOf[0].nullable: Forbidden: must be false to be structural',
      '.allOf[0].type: Forbidden: must be empty to be structural',
    ],
  ],
]

describe('definitions', () => {
  it.each(schemas)('complain of schemas with %s', (_, given, expected) => {
    expect(complaints({ schema: { openAPIV3Schema: schema(given) } })).toEqual(
      expected.map((line) => `spec.validation.openAPIV3Schema.properties[spec]${line}`),
    )
  })

  it('complain of a schema where its version says what others do not', () => {
    const versions = [
      { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema({}) } },
      { name: 'v2', served: true, storage: false, schema: { openAPIV3Schema: schema(text) } },
    ]
    expect(complaints({}, { versions })).toEqual([
      'spec.versions[0].schema.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields',
    ])
  })

  it.each([
    [
      { subresources: { scale: { specReplicasPath: '.status.n', statusReplicasPath: 'n' } } },
      [
        'spec.subresources.scale.specReplicasPath: Invalid value: ".status.n": should be a json path under .spec',
        'spec.subresources.scale.statusReplicasPath: Invalid value: "n": must be a simple json path starting with .',
      ],
    ],
    [
      { additionalPrinterColumns: [{ name: 'A', type: 'text', jsonPath: '.spec' }] },
      [
        'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
      ],
    ],
    [
      { selectableFields: [{ jsonPath: '.spec.a' }, { jsonPath: '.spec' }] },
      [
        'spec.selectableFields[0].jsonPath: Invalid value: ".spec.a": is an invalid path: does not refer to a valid field',
      ],
    ],
    [
      { deprecationWarning: 'old' },
      ['spec.versions[0].deprecationWarning: Invalid value: "old": can only be set for deprecated versions'],
    ],
  ])('complain of parts of versions: %j', (version, expected) => {
    expect(complaints(version)).toEqual(expected)
  })

  it('complain of conversions and of groups that need approval', () => {
    expect(
      complaints({}, { conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v9'] } } }),
    ).toEqual([
      'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook',
      'spec.conversion.conversionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1',
    ])
    expect(complaints({}, { group: 'a.k8s.io' })).toContain(
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    )
  })
})
