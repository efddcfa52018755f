import { checkApplication, checkPermissions, checkSources } from '@flotilla/hub/api/application-check'
import { draftApplication, storeApplication } from '@flotilla/hub/api/application-draft'
import { newProject } from '@flotilla/hub/api/project-routes'
import { clusterOf } from '@flotilla/hub/applications/clusters'
import { inCluster, type ClusterDirectory } from '@flotilla/hub/applications/spec-check'
import { createRepositories } from '@flotilla/hub/git/repositories'
import { specOf } from '@flotilla/hub/projects/project'
import { createRenderer } from '@flotilla/hub/render/renderer'
import { parseSettings } from '@flotilla/hub/settings/settings'
import { createApiServer } from '@flotilla/shared/apiserver/api-server'
import { MemoryStore } from '@flotilla/shared/apiserver/memory-store'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import type { Application } from '@flotilla/shared/argo/application'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import { argoResources } from '@flotilla/shared/argo/served'
import { kindPermitted, type KindRules } from '@flotilla/shared/engine/project-permits'
import {
  matchingWindows,
  syncPermitted,
  windowsProblem,
  type ProjectSyncWindow,
} from '@flotilla/shared/engine/sync-window'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Answerer, Case } from '../door.ts'
import { readFixtures } from './appset.ts'
import { importCommits } from './fast-import.ts'

type Resource = Parameters<typeof kindPermitted>[1] & { readonly namespaced: boolean }

/** The groups of the topic, told apart by what they bring. */
export function projectsAnswerer(now: () => number = () => Date.now()): Answerer {
  const objects = hubObjects()
  const clusters = directoryOf(readFixtures().secrets)
  return (input) => {
    if (input['application'] && input['project']) return createApplication(objects, input, clusters)
    if (input['project']) return createProject(objects, input['project'] as KubeObject)
    if (input['resource']) {
      const resource = input['resource'] as Resource
      return kindPermitted(input['spec'] as KindRules, resource, resource.namespaced)
    }
    if (input['syncWindows']) return windows(input, now())
    throw new Error(`nothing answers ${input.case}`)
  }
}

function hubObjects(): Objects {
  const server = createApiServer({
    store: new MemoryStore(),
    resources: argoResources,
    clock: realClock,
    random: realRandom,
    version: { major: '1', minor: '36', gitVersion: 'v1.36.1', platform: 'linux/amd64' },
    authenticate: () => Promise.reject(new Error('nobody asks over HTTP')),
    authorize: () => ({ allowed: false }),
  })
  return server.objects
}

function directoryOf(secrets: readonly KubeObject[]): ClusterDirectory {
  const entries = [...secrets.map(clusterOf), inCluster]
  return {
    byName: (name) => entries.filter((entry) => entry.name === name),
    byServer: (server) => entries.find((entry) => entry.server === server),
  }
}

async function createProject(objects: Objects, given: KubeObject): Promise<unknown> {
  const created = await objects.create({ ...resources.appProjects, namespace: controlNamespace }, newProject(given))
  await objects.delete(refOf(resources.appProjects, controlNamespace, created.metadata.name ?? ''))
  return created['spec']
}

async function createApplication(objects: Objects, input: Case, clusters: ClusterDirectory): Promise<unknown> {
  const project = specOf(newProject(input['project'] as KubeObject))
  const wanted = draftApplication(input['application'] as Partial<Application>)
  checkApplication(wanted, { project, clusters })
  if (input['validate']) await withSources((check) => checkSources(wanted, { ...check, clusters }))
  checkPermissions(wanted, project, clusters)
  const created = await storeApplication(objects, wanted)
  await objects.delete(refOf(resources.applications, controlNamespace, created.metadata.name ?? ''))
  return created['spec']
}

const readable = 'http://git.example.com/proj.git'

/** The one repository that there is, and the means to read it. */
async function withSources(
  run: (check: Omit<Parameters<typeof checkSources>[1], 'clusters'>) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'flotilla-projects-'))
  try {
    const folder = join(dir, 'proj')
    const manifest = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}'
    importCommits(folder, [{ files: { 'x/c.yaml': manifest } }])
    const local = (url: string): string => (url === readable ? folder : join(dir, 'gone'))
    const repositories = createRepositories({ dir: join(dir, 'mirrors'), clock: realClock, pollMs: 0, local })
    const renderer = createRenderer({ repositories, dir: join(dir, 'work'), now: () => realClock.now() })
    await run({ repositories, renderer, settings: parseSettings({}, {}) })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

function windows(input: Case, now: number): unknown {
  const application = input['application'] as Application
  const matching = matchingWindows(input['syncWindows'] as ProjectSyncWindow[], {
    name: application.metadata.name ?? '',
    destination: application.spec.destination ?? {},
  })
  const problem = windowsProblem(matching)
  if (problem !== undefined) throw new Error(problem)
  return {
    automatic: syncPermitted(matching, { now, manual: false }).allowed,
    manual: syncPermitted(matching, { now, manual: true }).allowed,
    matching: matching.length,
  }
}
