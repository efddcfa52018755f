import { createRepositories } from '@flotilla/hub/git/repositories'
import { createRenderer } from '@flotilla/hub/render/renderer'
import { sourcesOf, type Application } from '@flotilla/shared/argo/application'
import { withTracking, type Tracking } from '@flotilla/shared/engine/tracking'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { realClock } from '@flotilla/shared/runtime/clock'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Answerer, Case } from '../door.ts'
import { importCommits, type RecordedCommit } from './fast-import.ts'

interface RenderingCase extends Case {
  readonly repos: Readonly<Record<string, { readonly commits: readonly RecordedCommit[] }>>
  readonly application: Application
  readonly 'argocd-cm'?: Readonly<Record<string, string>>
}

/** A few of what the recorded cluster serves. */
const apiVersions = ['v1', 'v1/ConfigMap', 'apps/v1', 'apps/v1/Deployment', 'batch/v1', 'batch/v1/Job']

/** Answers with the manifests of an application, tracking marks set and Secrets masked, as the REST API gives them. */
export function renderingAnswerer(): Answerer {
  return async (input) => {
    const dir = await mkdtemp(join(tmpdir(), 'flotilla-rendering-'))
    try {
      return await answer(input as RenderingCase, dir)
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  }
}

async function answer(input: RenderingCase, dir: string): Promise<readonly unknown[]> {
  const folders = new Map<string, string>()
  for (const [url, { commits }] of Object.entries(input.repos)) {
    const folder = join(dir, `repo-${folders.size}`)
    importCommits(folder, commits)
    folders.set(url, folder)
  }
  const local = (url: string): string | undefined => folders.get(url)
  const repositories = createRepositories({ dir: join(dir, 'mirrors'), clock: realClock, pollMs: 0, local })
  const renderer = createRenderer({ repositories, dir: join(dir, 'work'), now: () => realClock.now() })
  const { metadata, spec } = input.application
  const cm = input['argocd-cm'] ?? {}
  const namespace = spec.destination?.namespace ?? ''
  const { manifests } = await renderer.render({
    sources: sourcesOf(spec),
    context: {
      appName: metadata.name ?? '',
      project: spec.project ?? '',
      namespace,
      kubeVersion: 'v1.36.1',
      apiVersions,
    },
    settings: {
      helmEnabled: cm['helm.enable'] !== 'false',
      kustomizeEnabled: cm['kustomize.enable'] !== 'false',
      jsonnetEnabled: cm['jsonnet.enable'] !== 'false',
      kustomizeBuildOptions: cm['kustomize.buildOptions'],
    },
  })
  const tracking = trackingOf(cm)
  return manifests.map((manifest) => masked(withTracking(manifest, metadata.name ?? '', namespace, tracking)))
}

function trackingOf(cm: Readonly<Record<string, string>>): Tracking {
  const method = cm['application.resourceTrackingMethod']
  return {
    trackingMethod: method === 'label' || method === 'annotation+label' ? method : 'annotation',
    instanceLabelKey: cm['application.instanceLabelKey'] ?? 'app.kubernetes.io/instance',
    installationId: cm['installationID'],
  }
}

function masked(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1') return object
  const result: KubeObject = { ...object }
  for (const field of ['data', 'stringData']) {
    const values = result[field]
    if (typeof values === 'object' && values !== null)
      result[field] = Object.fromEntries(Object.keys(values).map((key) => [key, '++++++++']))
  }
  return result
}
