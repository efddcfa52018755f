import { parseYaml } from '@flotilla/shared/k8s/yaml'
import { expect, test } from 'vitest'
import { generate, type GenerateSources } from './generate.ts'
import type { ApplicationSetSpec, Generated } from './types.ts'

const sources: GenerateSources = {
  clusters: () => [{ name: 'dev', server: 'https://dev', labels: { env: 'dev' }, annotations: {} }],
  directories: () => Promise.resolve(['apps', 'apps/api']),
  files: () => Promise.resolve(new Map([['a/x.json', () => '{"k":"v"}']])),
  parseYaml,
  now: () => 0,
}

function made(spec: ApplicationSetSpec): Promise<Generated[]> {
  const template = { metadata: { name: '{{.name}}' }, spec: { project: 'default' } }
  return generate(
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'ApplicationSet',
      metadata: { name: 's' },
      spec: { template, goTemplate: true, ...spec },
    },
    sources,
  )
}

const one = [{ list: { elements: [{ name: 'a' }] } }]
const values = { x: '{{nope}}' }
const render = 'failed to replace templated string: failed to replace templated string with rendered values'
const parse = 'failed to parse template {{nope}}: template: base:1: function "nope" not defined'
const child = 'child generator returned an error on parameter generation'

test.each<[string, ApplicationSetSpec, string]>([
  [
    'values of clusters',
    { generators: [{ clusters: { selector: { matchLabels: { env: 'dev' } }, values } }] },
    `error appending templated values for cluster: ${render}: ${parse}`,
  ],
  [
    'values of directories',
    { generators: [{ git: { repoURL: 'r', directories: [{ path: '*' }], values } }] },
    `error generating params from git: error generating params from apps: failed to append templated values: ${render}: ${parse}`,
  ],
  [
    'values of files',
    { generators: [{ git: { repoURL: 'r', files: [{ path: 'a/*' }], values } }] },
    `error generating params from git: unable to process file 'a/x.json' from repository 'r': failed to append templated values: ${render}: ${parse}`,
  ],
  [
    'a generator that speaks of the one before it',
    { generators: [{ matrix: { generators: [...one, { list: { elements: [{ k: '{{nope}}' }] } }] } }] },
    `failed to get params for second generator in the matrix generator: ${child}: failed to replace parameters in generator: failed to deeply replace JSON field contents: ${parse}`,
  ],
  [
    'clusters chosen by the generator before them',
    {
      generators: [
        { matrix: { generators: [...one, { clusters: { selector: { matchLabels: { env: '{{nope}}' } } } }] } },
      ],
    },
    `failed to get params for second generator in the matrix generator: ${child}: failed to replace parameters in generator: ${parse}`,
  ],
  [
    'elements that are no list',
    { generators: [{ list: { elementsYaml: 'a: b' } }] },
    'error unmarshling decoded ElementsYaml error unmarshaling JSON: while decoding JSON: json: cannot unmarshal object into Go value of type []map[string]interface {}',
  ],
  [
    'an element that is no map',
    { generators: [{ list: { elementsYaml: '[1]' } }] },
    'error unmarshling decoded ElementsYaml error unmarshaling JSON: while decoding JSON: json: cannot unmarshal number into Go value of type map[string]interface {}',
  ],
  [
    'a generator of nothing inside another',
    { generators: [{ matrix: { generators: [{}, ...one] } }] },
    'error failed to get params for first generator in matrix generator: child generator generated no parameters',
  ],
  [
    'an operator for clusters that there is not',
    { generators: [{ clusters: { selector: { matchExpressions: [{ key: 'env', operator: 'Like' }] } } }] },
    'error getting cluster secrets: error converting label selector: "Like" is not a valid label selector operator',
  ],
  [
    'no values to be in',
    { generators: [{ ...one[0], selector: { matchExpressions: [{ key: 'env', operator: 'In' }] } }] },
    `error parsing label selector: values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty`,
  ],
  [
    'a patch that is a text',
    { generators: one, templatePatch: '<main>' },
    String.raw`invalid templatePatch "\"\\u003cmain\\u003e\"": json: cannot unmarshal string into Go value of type v1alpha1.Application`,
  ],
  [
    'a patch that begins like JSON',
    { generators: one, templatePatch: '{a}' },
    `invalid templatePatch "{a}": invalid character 'a' looking for beginning of object key string`,
  ],
])('%s', async (_, spec, error) => {
  await expect(made(spec)).rejects.toMatchObject({ message: error })
})

test('a value that no label can have selects no cluster, but is an error', async () => {
  const selector = { matchLabels: { env: 'a b' } }
  await expect(made({ generators: [{ clusters: { selector } }] })).rejects.toThrow(
    'error converting label selector: values[0][env]: Invalid value: "a b": a valid label must be an empty string',
  )
  await expect(made({ generators: [{ ...one[0], selector }] })).resolves.toEqual([])
})

test('applications are written as Go writes them', async () => {
  const [application] = await made({
    generators: one,
    template: {
      metadata: { name: '{{.name}}', labels: {}, annotations: {} },
      spec: {
        project: '',
        source: { repoURL: '', path: 'x', targetRevision: '', directory: {} },
        syncPolicy: { automated: {}, syncOptions: [] },
      },
    },
    templatePatch: 'spec:\n  nope: 1\n',
  })
  expect(application).toEqual({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'a', finalizers: ['resources-finalizer.argocd.argoproj.io'] },
    spec: {
      project: '',
      source: { repoURL: '', path: 'x', directory: {} },
      nope: 1,
      syncPolicy: { automated: {} },
      destination: {},
    },
  })
})
