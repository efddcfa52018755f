import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Application } from '@flotilla/shared/argo/application'
import { refOf, resources } from '@flotilla/shared/argo/resources'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { createWorld, type World } from './world.ts'

const usage = `npm run try -- --repo PATH [--revision REV] --path P [--path Q ...] [--timeout SECONDS] [--crd GROUP/VERSION/KIND ...]

Syncs folders of a Git repository on this machine to an embedded cluster, one application each, and says what became of them.
--crd lets the cluster serve a kind that no controller of it knows.
`

const { values } = parseArgs({
  options: {
    repo: { type: 'string' },
    path: { type: 'string', multiple: true },
    revision: { type: 'string', default: 'HEAD' },
    timeout: { type: 'string', default: '60' },
    crd: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', short: 'h' },
  },
})
if (values.help || values.repo === undefined || !values.path) {
  process.stdout.write(usage)
  process.exit(values.help ? 0 : 2)
}

const definitions = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  namespace: '',
}
const dir = mkdtempSync(join(tmpdir(), 'flotilla-try-'))
const world = await createWorld({ dir, clusters: { try: {} } })
const cluster = world.members.get('try')?.cluster
for (const kind of values.crd) await cluster?.objects.create(definitions, definitionOf(kind))
const alive = setInterval(() => undefined, 60_000)
try {
  const repoURL = await world.git.adopt('repository', values.repo)
  const deadline = Date.now() + Number(values.timeout) * 1000
  const names = values.path.map((path) => [path, nameOf(path)] as const)
  await Promise.all(names.map(([path, name]) => create(world, name, repoURL, path, values.revision)))
  const outcomes = await Promise.all(names.map(([path, name]) => settled(world, path, name, deadline)))
  process.stdout.write(`${outcomes.map(({ text }) => text).join('\n')}\n`)
  process.exitCode = outcomes.every(({ good }) => good) ? 0 : 1
} finally {
  clearInterval(alive)
  await world.close()
  rmSync(dir, { recursive: true, force: true })
}

function definitionOf(text: string): KubeObject {
  const [group = '', version = '', kind = ''] = text.split('/')
  const plural = `${kind.toLowerCase()}s`
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  } as KubeObject
}

function nameOf(path: string): string {
  const name = path
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  return name === '' ? 'root' : name
}

async function create({ hub }: World, name: string, repoURL: string, path: string, revision: string): Promise<void> {
  const app = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd' },
    spec: {
      project: 'default',
      source: { repoURL, path, targetRevision: revision },
      destination: { name: 'try', namespace: name },
      syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
    },
  }
  await hub.objects.create({ ...resources.applications, namespace: 'argocd' }, app as unknown as KubeObject)
}

/** Waits until an application is Synced and Healthy and its operation has ended, or time is up. */
async function settled(
  world: World,
  path: string,
  name: string,
  deadline: number,
): Promise<{ readonly good: boolean; readonly text: string }> {
  const started = Date.now()
  for (;;) {
    const app = (await world.hub.objects.get(refOf(resources.applications, 'argocd', name))) as Application
    const { status = {} } = app
    const good =
      status.sync?.status === 'Synced' &&
      status.health?.status === 'Healthy' &&
      status.operationState?.phase === 'Succeeded'
    if (good || Date.now() > deadline) return { good, text: told(path, app, Date.now() - started) }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function told(path: string, { status = {} }: Application, ms: number): string {
  const { operationState } = status
  const rows = status.resources ?? []
  const lines = [
    [path, status.sync?.status, status.health?.status, operationState?.phase, `${(ms / 1000).toFixed(1)} s`].join('  '),
    ...(status.conditions ?? []).map(({ type, message }) => `  ${type}: ${message}`),
    ...(operationState?.message ? [`  ${operationState.message}`] : []),
    ...rows.map(({ kind, name, status: sync, health, hook }) =>
      `    ${kind}/${name}  ${sync ?? (hook ? 'hook' : '')}  ${[health?.status, health?.message].filter(Boolean).join(': ')}`.trimEnd(),
    ),
    ...(operationState?.syncResult?.resources ?? [])
      .filter(({ hookType, status: result }) => hookType || result === 'SyncFailed')
      .map((row) => `    ${row.hookType ?? ''} ${row.kind}/${row.name}  ${row.hookPhase ?? ''}: ${row.message ?? ''}`),
  ]
  return lines.join('\n')
}
