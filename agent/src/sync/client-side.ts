import { annotation, fieldManager } from '@flotilla/shared/argo/annotations'
import type { KindInfo } from '@flotilla/shared/engine/compare-types'
import { gvkOf } from '@flotilla/shared/k8s/gvk'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { pathOf, pathOfObject, type ApiAnswer, type Cluster } from '../cluster/client.ts'
import { isConflict, isNotFound } from '../cluster/errors.ts'
import { isReconciled, reconcileRbac } from './rbac.ts'
import { threeWayPatch, withLastApplied, withoutNulls } from './three-way.ts'
import { missingLastApplied, printedName } from './words.ts'

export interface ClientSide {
  readonly cluster: Cluster
  /** Takes the answer to a write into the live objects, and says what it did. */
  readonly outcome: (answer: ApiAnswer, before: KubeObject | undefined) => string
}

export interface ClientSideWrite {
  readonly object: KubeObject
  readonly kind: KindInfo
  readonly before: KubeObject | undefined
  readonly validate: boolean
}

/** Writes an object as `kubectl apply` does on the client's side; answers in its words. */
export async function applyClientSide(write: ClientSideWrite, { cluster, outcome }: ClientSide): Promise<string> {
  const { object, kind } = write
  const name = printedName(object)
  const query = { fieldManager, fieldValidation: write.validate ? 'Warn' : 'Ignore' }
  const reconciled = isReconciled(object) ? await reconcile(write, { cluster, outcome }) : undefined
  const before = reconciled ? reconciled.now : write.before
  const said = reconciled?.said ?? ''
  if (!before) {
    const path = pathOf({ ...kind, version: gvkOf(object).version }, { namespace: object.metadata.namespace ?? '' })
    const body = withoutNulls(withLastApplied(object))
    outcome(await cluster.request({ method: 'POST', path, query, body }), undefined)
    return `${said}${name} created`
  }
  const warning =
    before.metadata.annotations?.[annotation.lastApplied] === undefined
      ? `. ${missingLastApplied(kind.resource, object.metadata.name ?? '')}`
      : ''
  const answer = await patchThreeWay(object, before, kind, query, cluster)
  const verb = answer ? outcome(answer, before) : 'unchanged'
  return `${said}${name} ${answer ? 'configured' : verb}${warning}`
}

/** Roles and bindings are reconciled first, by the manager that Argo CD's own client is. */
async function reconcile(
  { object, kind }: ClientSideWrite,
  { cluster, outcome }: ClientSide,
): Promise<{ readonly said: string; readonly now: KubeObject | undefined }> {
  const path = pathOfObject(object, kind)
  const query = { fieldManager: 'argocd' }
  const live = await get(cluster, path)
  const { operation, object: wanted, said } = reconcileRbac(object, live)
  if (operation === 'none') return { said, now: live }
  if (operation === 'update') {
    const answer = await cluster.request({ method: 'PUT', path, query, body: wanted })
    outcome(answer, live)
    return { said, now: JSON.parse(answer.text) as KubeObject }
  }
  if (operation === 'recreate') {
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: live?.metadata.uid ?? '' } }
    await cluster.request({ method: 'DELETE', path, body })
  }
  const collection = pathOf({ ...kind, version: gvkOf(object).version }, { namespace: object.metadata.namespace ?? '' })
  const answer = await cluster.request({ method: 'POST', path: collection, query, body: wanted })
  outcome(answer, undefined)
  return { said, now: JSON.parse(answer.text) as KubeObject }
}

/** Patches what differs; made anew from what is there now where somebody else was faster. */
async function patchThreeWay(
  object: KubeObject,
  before: KubeObject,
  kind: KindInfo,
  query: Readonly<Record<string, string>>,
  cluster: Cluster,
): Promise<ApiAnswer | undefined> {
  const path = pathOfObject(object, kind)
  const contentType = 'application/merge-patch+json'
  let seen = before
  for (let left = 3; ; left--) {
    const body = threeWayPatch(object, seen)
    if (!body) return undefined
    try {
      return await cluster.request({ method: 'PATCH', path, query, body, contentType })
    } catch (error) {
      if (!isConflict(error) || left === 0) throw error
      seen = (await get(cluster, path)) ?? seen
    }
  }
}

async function get(cluster: Cluster, path: string): Promise<KubeObject | undefined> {
  try {
    return JSON.parse((await cluster.request({ method: 'GET', path })).text) as KubeObject
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
