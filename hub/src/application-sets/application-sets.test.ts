import { parseYaml } from '@flotilla/shared/k8s/yaml'
import { expect, test } from 'vitest'
import { generate, type GenerateSources } from './generate.ts'
import type { ClusterFacts } from './generators/clusters.ts'
import { pathMatch } from './glob.ts'
import { inCluster } from '../applications/spec-check.ts'
import { differencesOf } from './differences.ts'
import { ownedBy, plan, type PlanInput } from './plan.ts'
import { normalizedSpec } from './spec.ts'
import { invalidOnes, problemSummary } from './validate.ts'
import { foldersOf } from './sources.ts'
import { withOutcome } from './status.ts'
import type { ApplicationSet, ApplicationSetSpec, Generated } from './types.ts'

const facts = (name: string, labels: Record<string, string>): ClusterFacts => ({
  name,
  server: `https://${name}`,
  labels,
  annotations: {},
})
const sources = (over: Partial<GenerateSources> = {}): GenerateSources => ({
  clusters: () => [facts('dev', { env: 'dev' }), facts('Prod_1', { env: 'prod' })],
  directories: async () => ['apps', 'apps/api', 'apps/web', 'infra', 'infra/dns'],
  files: () => Promise.resolve(new Map()),
  now: () => 0,
  parseYaml,
  ...over,
})
const set = (spec: ApplicationSetSpec): ApplicationSet => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'ApplicationSet',
  metadata: { name: 's', namespace: 'argocd', uid: 'u' },
  spec: { template: { metadata: { name: '{{name}}' }, spec: { destination: { server: '{{ server }}' } } }, ...spec },
})
const names = async (spec: ApplicationSetSpec, over?: Partial<GenerateSources>): Promise<(string | undefined)[]> =>
  (await generate(set(spec), sources(over))).map((one) => one.metadata.name)

test('list: each element, unknown names stay as written', async () => {
  const made = await generate(
    set({ generators: [{ list: { elements: [{ name: 'a' }, { name: 'b', server: 'https://b' }] } }] }),
    sources(),
  )
  expect(made.map((one) => [one.metadata.name, one.spec.destination?.server])).toEqual([
    ['a', '{{ server }}'],
    ['b', 'https://b'],
  ])
})

test('clusters: by label, with values; the own cluster only where nothing is selected by', async () => {
  expect(await names({ generators: [{ clusters: { selector: { matchLabels: { env: 'prod' } } } }] })).toEqual([
    'Prod_1',
  ])
  expect(await names({ generators: [{ clusters: {} }] })).toEqual(['dev', 'Prod_1', 'in-cluster'])
  const made = await generate(
    set({
      generators: [
        { clusters: { selector: { matchLabels: { env: 'prod' } }, values: { host: '{{nameNormalized}}.x' } } },
      ],
      template: { metadata: { name: '{{values.host}}-{{metadata.labels.env}}' }, spec: {} },
    }),
    sources(),
  )
  expect(made[0]?.metadata.name).toBe('prod-1.x-prod')
})

test('git directories: included and not excluded', async () => {
  const spec = {
    generators: [{ git: { repoURL: 'r', directories: [{ path: 'apps/*' }, { path: 'apps/web', exclude: true }] } }],
    template: { metadata: { name: '{{path.basename}}-{{path[0]}}' }, spec: {} },
  }
  expect(await names(spec)).toEqual(['api-apps'])
})

test('a failure of one generator fails the whole', async () => {
  const spec = {
    generators: [{ list: { elements: [{ name: 'a' }] } }, { git: { repoURL: 'r', directories: [{ path: '*' }] } }],
  }
  await expect(names(spec, { directories: () => Promise.reject(new Error('gone')) })).rejects.toThrow(/gone/)
  await expect(names({ generators: [{ scmProvider: {} }] })).rejects.toThrow(
    /scmProvider generator is not supported yet/,
  )
})

test.each([
  ['apps/*', 'apps/web', true],
  ['apps/*', 'apps/web/deep', false],
  ['**', 'apps', true],
  ['**', 'apps/web', false],
  ['a[bc]d', 'acd', true],
  ['a[^bc]d', 'acd', false],
  ['{a,b}', 'a', false],
  [String.raw`a\*`, 'a*', true],
])('glob %s on %s: %s', (pattern, name, expected) => {
  expect(pathMatch(pattern, name)).toBe(expected)
})

test('folders: every level, hidden ones passed over', () => {
  expect(foldersOf(['README.md', 'a/b/c.yaml', '.git/x', 'a/.hidden/y'])).toEqual(['a', 'a/b'])
})

const generated = (name: string, label = 'x'): Generated => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name, namespace: 'argocd', labels: { label } },
  spec: {},
})
const existing = (name: string, owned = true) => ({
  ...generated(name),
  metadata: {
    ...generated(name).metadata,
    annotations: { 'argocd.argoproj.io/refresh': 'normal', other: 'gone' },
    ownerReferences: owned
      ? [
          {
            apiVersion: 'argoproj.io/v1alpha1',
            kind: 'ApplicationSet',
            name: 's',
            uid: 'u',
            controller: true,
            blockOwnerDeletion: true,
          },
        ]
      : [],
  },
})

const input = (made: readonly Generated[], current: PlanInput['current']): PlanInput => ({
  valid: made,
  generated: made,
  current,
  keep: false,
})

test.each([
  ['sync', 1, 1, 1],
  ['create-only', 1, 0, 0],
  ['create-update', 1, 1, 0],
  ['create-delete', 1, 0, 1],
] as const)('policy %s', (applicationsSync, creates, updates, removals) => {
  const one = set({ syncPolicy: { applicationsSync } })
  const result = plan(
    one,
    input([generated('new'), generated('kept', 'y')], [existing('kept'), existing('old'), existing('foreign', false)]),
  )
  expect([result.create.length, result.update.length, result.remove.length]).toEqual([creates, updates, removals])
})

test('an update keeps what others write, and drops what the template no longer has', () => {
  const { update } = plan(set({}), input([generated('kept', 'y')], [existing('kept')]))
  expect(update[0]?.next.metadata.annotations).toEqual({ 'argocd.argoproj.io/refresh': 'normal' })
  expect(update[0]?.next.metadata.labels).toEqual({ label: 'y' })
})

const controlledBy = (name: string, one = existing('a')): typeof one => ({
  ...one,
  metadata: { ...one.metadata, ownerReferences: one.metadata.ownerReferences.map((each) => ({ ...each, name })) },
})

test('what another set made is never taken over or deleted', () => {
  const { create, update, remove, foreign } = plan(set({}), input([generated('a')], [controlledBy('other')]))
  expect([create, update, remove]).toEqual([[], [], []])
  expect(foreign).toHaveLength(1)
})

test('what nobody controls is taken over, as after a deletion that left it; a set made anew knows its own', () => {
  const orphan = plan(set({}), input([generated('a')], [existing('a', false)]))
  expect(orphan.update[0]?.next.metadata.ownerReferences).toEqual([ownedBy(set({}))])
  const anew = set({})
  anew.metadata.uid = 'new'
  expect(plan(anew, input([generated('a')], [existing('a')])).update[0]?.next.metadata.ownerReferences).toEqual([
    ownedBy(anew),
  ])
})

test('what is kept for others stays even where the template says otherwise', () => {
  const one = set({ preservedFields: { labels: ['label'] } })
  expect(plan(one, input([generated('a', 'template')], [existing('a')])).update[0]?.next.metadata.labels).toEqual({
    label: 'x',
  })
})

test('ignored differences stay as they are, in an update of the rest too', () => {
  const differences = differencesOf([{ jsonPointers: ['/spec/source/targetRevision'] }])
  const spec = (path: string, targetRevision: string) => ({ source: { repoURL: 'r', path, targetRevision } })
  const live = { ...existing('a'), spec: spec('p', 'by-hand') }
  live.metadata.annotations = { 'argocd.argoproj.io/refresh': 'normal' } as typeof live.metadata.annotations
  const same = { ...generated('a'), spec: spec('p', 'HEAD') }
  expect(plan(set({}), { ...input([same], [live]), differences }).update).toEqual([])
  const moved = { ...generated('a'), spec: spec('q', 'HEAD') }
  const { update } = plan(set({}), { ...input([moved], [live]), differences })
  expect(update[0]?.next['spec']).toMatchObject({ source: { path: 'q', targetRevision: 'by-hand' } })
})

test('an empty answer that may be a mistake deletes nothing', () => {
  expect(plan(set({}), { ...input([], [existing('kept')]), keep: true }).remove).toEqual([])
})

test('invalid ones do not stop the others, and are not deleted', () => {
  const tools = {
    clusters: { byName: () => [], byServer: () => inCluster },
    hasProject: (name: string) => name === 'default',
  }
  const to = (name: string, project: string) => ({
    ...generated(name),
    spec: { project, destination: { server: 'https://kubernetes.default.svc' } },
  })
  const all = [to('a', 'default'), to('b', 'none'), to('c', 'none'), to('d', 'default'), to('d', 'default')]
  const invalid = invalidOnes('s', all, tools)
  expect([...invalid.keys()]).toEqual(['b', 'c', 'd'])
  expect(problemSummary(invalid)).toBe('ApplicationSet s contains applications with duplicate name: d (and 2 more)')
})

test('conditions keep their time while they say the same; a failure keeps those of a rollout', () => {
  const one = set({ strategy: { type: 'RollingSync', rollingSync: {} } })
  const rolling = {
    type: 'RolloutProgressing',
    status: 'True',
    reason: 'r',
    message: 'm',
    lastTransitionTime: 't',
  } as const
  const first = withOutcome(one, { conditions: [rolling] }, undefined, '2026-01-01T00:00:00Z')
  expect(first.health).toEqual({ status: 'Progressing', message: 'm' })
  expect(withOutcome(one, first, undefined, '2026-01-02T00:00:00Z')).toEqual(first)
  expect(withOutcome(set({}), first, undefined, 'later').conditions?.map(({ type }) => type)).toEqual([
    'ErrorOccurred',
    'ParametersGenerated',
    'ResourcesUpToDate',
  ])
})

test.each([
  ['an automated policy without options stays', { automated: {} }, { automated: {} }],
  ['an empty policy is none', {}, undefined],
  ['no options are no policy', { syncOptions: [] }, undefined],
])('%s', (_, syncPolicy, kept) => {
  expect(normalizedSpec({ syncPolicy } as Generated['spec']).syncPolicy).toEqual(kept)
})

test('clusters: a label that is not there is an empty text to index, and no value to a path', async () => {
  const made = await generate(
    set({
      goTemplate: true,
      generators: [{ clusters: { selector: { matchLabels: { env: 'dev' } } } }],
      template: { metadata: { name: '[{{index .metadata.labels "x"}}|{{.metadata.labels.x}}]' }, spec: {} },
    }),
    sources(),
  )
  expect(made[0]?.metadata.name).toBe('[|<no value>]')
})

test('Trap 16: a clash in a matrix is an error, with goTemplate the first generator wins; in a merge the later one does', async () => {
  const lists = [
    { list: { elements: [{ name: 'a', value: 'first' }] } },
    { list: { elements: [{ name: 'a', value: 'second' }] } },
  ]
  const template = (value: string) => ({ metadata: { name: `{{${value}}}` }, spec: { destination: { server: 's' } } })
  await expect(names({ generators: [{ matrix: { generators: lists } }], template: template('value') })).rejects.toThrow(
    'found duplicate key value with different value',
  )
  const goTemplate = { goTemplate: true, generators: [{ matrix: { generators: lists } }], template: template('.value') }
  expect(await names(goTemplate)).toEqual(['first'])
  const merge = { merge: { mergeKeys: ['name'], generators: lists } }
  expect(await names({ generators: [merge], template: template('value') })).toEqual(['second'])
})
