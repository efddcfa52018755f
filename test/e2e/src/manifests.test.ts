import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Agent, fetch } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manifests } from '@flotilla/hub/install/manifests'
import { argoResources } from '@flotilla/shared/argo/served'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { parseYamlDocuments } from '@flotilla/shared/k8s/yaml'
import { realClock } from '@flotilla/shared/runtime/clock'
import { seededRandom } from '@flotilla/shared/runtime/random'
import { createCluster, type Cluster } from '@flotilla/test-kube/cluster'

const root = join(import.meta.dirname, '../../../manifests')

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesIn(path) : [relative(root, path)]
  })
}
const files = filesIn(root)

describe('what is made from code', () => {
  it.each([...manifests()])('manifests/%s is up to date (npm run manifests)', (path, text) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(text)
  })

  it('is all that there is, beside the examples', () => {
    expect(files.filter((path) => !path.startsWith('examples/')).toSorted()).toEqual([...manifests().keys()].toSorted())
  })
})

describe('a cluster takes them', () => {
  let cluster: Cluster
  let dispatcher: Agent
  const plurals: Readonly<Record<string, string>> = {
    NetworkPolicy: 'networkpolicies',
    ...Object.fromEntries(argoResources.map(({ kind, plural }) => [kind, plural])),
  }

  beforeAll(async () => {
    cluster = await createCluster({ clock: realClock, random: seededRandom(1) })
    dispatcher = new Agent({ connect: { ca: cluster.certificateAuthority } })
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } })
  })
  afterAll(async () => {
    await dispatcher.close()
    await cluster.close()
  })

  const token = (): string =>
    (JSON.parse(cluster.kubeconfig) as { users: { user: { token: string } }[] }).users[0]?.user.token ?? ''
  /** As `kubectl apply --server-side --validate=strict`. */
  async function apply(object: KubeObject): Promise<string> {
    const { apiVersion, kind, metadata } = object
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
    const plural = plurals[kind] ?? `${kind.toLowerCase()}s`
    const namespace = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`
    const url = `${cluster.url}${base}${namespace}/${plural}/${metadata.name ?? ''}?fieldManager=test&fieldValidation=Strict`
    const answer = await fetch(url, {
      method: 'PATCH',
      dispatcher,
      headers: { authorization: `Bearer ${token()}`, 'content-type': 'application/apply-patch+yaml' },
      body: JSON.stringify(object),
    })
    const text = await answer.text()
    return answer.status < 300 ? 'applied' : `${kind}: ${text}`
  }
  const documents = (path: string): KubeObject[] =>
    parseYamlDocuments(readFileSync(join(root, path), 'utf8')).filter(Boolean) as KubeObject[]
  // Definitions come first: the examples are of their kinds.
  const inOrder = files.toSorted((a, b) => Number(b.startsWith('crds/')) - Number(a.startsWith('crds/')))

  it.each(inOrder)('manifests/%s', async (path) => {
    for (const object of documents(path)) {
      await expect.poll(() => apply(object), { timeout: 5_000 }).toBe('applied')
    }
  })

  it('refuses what Argo CD would not take', async () => {
    const metadata = { name: 'bad', namespace: 'argocd' }
    const application = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata,
      spec: { project: 'default' },
    }
    expect(await apply(application)).toContain('spec.destination: Required value')
    const typed = { ...application, spec: { ...application.spec, destination: {}, source: { repoURL: 7 } } }
    expect(await apply(typed)).toContain('.spec.source.repoURL: expected string')
    const set = { apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', metadata, spec: { generators: [], template: { metadata: {}, spec: { project: 'a', destination: {} } }, syncPolicy: { applicationsSync: 'never' } } } // prettier-ignore
    expect(await apply(set)).toContain('Unsupported value: \\"never\\"')
    const project = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata,
      spec: { description: 'd'.repeat(256) },
    }
    expect(await apply(project)).toContain('may not be more than 255 bytes')
  })
})
