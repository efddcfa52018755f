import { fieldManager, finalizer } from '@flotilla/shared/argo/annotations'
import type { KindInfo } from '@flotilla/shared/engine/compare-types'
import type { Action, ActionResult } from '@flotilla/shared/engine/operation'
import { definedKind } from '@flotilla/shared/engine/plan'
import { gvkOf } from '@flotilla/shared/k8s/gvk'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOf, type ResourceKey } from '@flotilla/shared/k8s/ref'
import type { Clock } from '@flotilla/shared/lang/clock'
import { sleep } from '@flotilla/shared/lang/rest'
import { pathOf, pathOfObject, type ApiAnswer, type Cluster } from '../cluster/client.ts'
import { ApiError, isConflict, isNotFound } from '../cluster/errors.ts'
import type { Live } from '../live/live.ts'
import { isEstablished, isServed, promiseOf } from '../live/served.ts'
import { applyClientSide } from './client-side.ts'
import { migratedManagers } from './managers.ts'
import { createPredictor, type Predictor } from './predict.ts'
import { withLastApplied } from './three-way.ts'
import { advised, noMatches, printedName } from './words.ts'

/** The only writer to the cluster. */
export interface Executor {
  /** Does groups one after another, a group's actions side by side; an object that cannot be applied stops no others. */
  run(groups: readonly (readonly Action[])[], context: ExecuteContext): Promise<ActionResult[]>
  /** Deletes one object, only if it is still the one that was seen. */
  remove(live: KubeObject, propagation: 'Foreground' | 'Background' | 'Orphan'): Promise<void>
  /** Creates or updates one object outside of a sync. */
  apply(object: KubeObject): Promise<void>
  /** Creates one object; one that is there already is left as it is. */
  create(object: KubeObject): Promise<void>
  /** What the server would make of objects; writes nothing. */
  readonly predict: Predictor
  /** Takes our finalizer off a hook. */
  release(live: KubeObject): Promise<void>
  patch(live: KubeObject, type: string, body: unknown, subresource?: string): Promise<KubeObject>
}

export interface ExecuteContext {
  /** The manager whose client-side applies are taken over. */
  readonly migrateFrom: string
  /** Whether the object is still ours to delete. */
  readonly owned: (live: KubeObject) => boolean
}

/** Several API servers beside each other agree on a new kind for five seconds before one of them serves it. */
const establishMs = 10_000

const unmergeableWords: readonly string[] = ['failed to create typed patch object', 'field not declared in schema']

export function createExecutor({ cluster, live, clock }: { cluster: Cluster; live: Live; clock: Clock }): Executor {
  async function one(action: Action, context: ExecuteContext): Promise<ActionResult> {
    try {
      return { action, ok: true, message: await perform(action, context) }
    } catch (error) {
      // As kubectl prints it, without the line's end.
      const message = (error instanceof Error ? error.message : String(error)).trimEnd()
      return { action, ok: false, message: advised(message) }
    }
  }

  async function perform(action: Action, context: ExecuteContext): Promise<string> {
    switch (action.type) {
      case 'apply':
        return apply(action, context)
      case 'prune':
        return prune(action, context)
      case 'delete-hook':
        await remove(action.live, 'Background')
        await release(action.live)
        return 'deleted'
      case 'release-hook':
        await release(action.live)
        return ''
    }
  }

  async function apply(action: Action & { type: 'apply' }, context: ExecuteContext): Promise<string> {
    const { object, mode, task } = action
    const kind = kindOf(object)
    const before = live.store.object(task.key) ?? task.live
    try {
      let said: string
      if (mode.method === 'replace') said = await replace(action, kind, before)
      else if (mode.method === 'client-side') said = await clientSide(action, kind, before)
      else said = await serverSide(action, kind, before, context)
      if (definedKind(object)) await established(object, kind)
      return said
    } catch (error) {
      if (!mode.force || !before || !(error instanceof ApiError && [409, 422].includes(error.code))) throw error
      return recreate(action, kind, before)
    }
  }

  async function serverSide(
    action: Action & { type: 'apply' },
    kind: KindInfo,
    before: KubeObject | undefined,
    context: ExecuteContext,
  ): Promise<string> {
    const { object, mode } = action
    // By default force is for what server-side apply cannot change; who asks for both gets kubectl's answer.
    if (mode.explicit && mode.force) {
      throw new Error('error validating options: --force cannot be used with --server-side')
    }
    if (before) await migrate(before, kind, mode.migrate ? context.migrateFrom : undefined)
    const query = {
      fieldManager,
      force: true,
      fieldValidation: mode.validate ? 'Warn' : 'Ignore',
    }
    const settled = live.store.expects(action.task.key)
    try {
      const answer = await cluster.request({
        method: 'PATCH',
        path: pathOfObject(object, kind),
        query,
        body: object,
        contentType: 'application/apply-patch+yaml',
        idempotent: true,
      })
      const verb = outcome(answer, before, action.task.key)
      return `${printedName(object)} ${mode.explicit ? 'serverside-applied' : verb}`
    } catch (error) {
      // Server-side apply refuses what it cannot merge (fields that no schema has, two items of one key); by default we
      // apply as Argo CD does, and say what it would say.
      const unmergeable = error instanceof ApiError && unmergeableWords.some((words) => error.message.includes(words))
      if (mode.explicit || !unmergeable) throw error
      return clientSide(action, kind, before)
    } finally {
      settled()
    }
  }

  function clientSide(
    { object, mode }: Action & { type: 'apply' },
    kind: KindInfo,
    before: KubeObject | undefined,
  ): Promise<string> {
    return applyClientSide({ object, kind, before, validate: mode.validate }, { cluster, outcome })
  }

  async function replace(
    action: Action & { type: 'apply' },
    kind: KindInfo,
    before: KubeObject | undefined,
  ): Promise<string> {
    const { object, mode } = action
    const query = { fieldManager: 'argocd' }
    const name = printedName(object)
    if (!before) {
      const path = pathOf({ ...kind, version: gvkOf(object).version }, namespaceOf(object))
      outcome(await cluster.request({ method: 'POST', path, query, body: object }), before)
      return `${name} created`
    }
    const lasting = object.kind === 'Namespace' || definedKind(object) !== undefined
    if (mode.force && !lasting) return recreate(action, kind, before)
    const metadata = { ...object.metadata, resourceVersion: before.metadata.resourceVersion ?? '' }
    const body = { ...object, metadata }
    const answer = await cluster.request({ method: 'PUT', path: pathOfObject(object, kind), query, body })
    outcome(answer, before)
    return lasting ? `${object.kind}/${object.metadata.name ?? ''} updated` : `${name} replaced`
  }

  async function recreate(action: Action & { type: 'apply' }, kind: KindInfo, before: KubeObject): Promise<string> {
    const { object } = action
    await remove(before, 'Background')
    await gone(object, kind)
    const path = pathOf({ ...kind, version: gvkOf(object).version }, namespaceOf(object))
    const replaces = action.mode.method === 'replace'
    const query = { fieldManager: replaces ? 'argocd' : fieldManager }
    const body = action.mode.method === 'client-side' ? withLastApplied(object) : object
    outcome(await cluster.request({ method: 'POST', path, query, body }), undefined)
    if (!replaces) return `${printedName(object)} configured`
    const place = object.metadata.namespace === undefined ? '' : ` from ${object.metadata.namespace} namespace`
    const { group } = gvkOf(object)
    const what = `${object.kind.toLowerCase()}${group === '' ? '' : `.${group}`}`
    return `${what} "${object.metadata.name ?? ''}" deleted${place}\n${printedName(object)} replaced`
  }

  /** Waits until an object is really gone, for as long as a Kubernetes client would. */
  async function gone(object: KubeObject, kind: KindInfo): Promise<void> {
    for (let waited = 0; waited < 30_000; waited += 200) {
      try {
        await cluster.request({ method: 'GET', path: pathOfObject(object, kind) })
      } catch (error) {
        if (isNotFound(error)) return
        throw error
      }
      await sleep(clock, 200)
    }
    throw new Error(`${printedName(object)} was deleted, but does not go away (finalizers?)`)
  }

  /** Hands what clients own over to us; made anew from what is there now where somebody else was faster. */
  async function migrate(before: KubeObject, kind: KindInfo, manager: string | undefined): Promise<void> {
    const path = pathOfObject(before, kind)
    let seen = before
    for (let left = 3; ; left--) {
      const managedFields = migratedManagers(seen, manager)
      if (!managedFields) return
      const body = [
        { op: 'replace', path: '/metadata/managedFields', value: managedFields },
        { op: 'replace', path: '/metadata/resourceVersion', value: seen.metadata.resourceVersion },
      ]
      try {
        keep(await cluster.request({ method: 'PATCH', path, body, contentType: 'application/json-patch+json' }))
        return
      } catch (error) {
        if (!isConflict(error) || left === 0) throw error
        seen = JSON.parse((await cluster.request({ method: 'GET', path })).text) as KubeObject
      }
    }
  }

  async function prune(action: Action & { type: 'prune' }, context: ExecuteContext): Promise<string> {
    const seen = live.store.object(keyOf(action.live)) ?? action.live
    if (seen.metadata.deletionTimestamp !== undefined) return 'pruned'
    if (!context.owned(seen)) throw new Error(`${printedName(seen)} does not belong to the application any more`)
    try {
      await remove(seen, action.propagation)
    } catch (error) {
      if (!isConflict(error)) throw error
      const kind = kindOf(seen)
      const now = JSON.parse(
        (await cluster.request({ method: 'GET', path: pathOfObject(seen, kind) })).text,
      ) as KubeObject
      if (now.metadata.uid !== seen.metadata.uid || !context.owned(now)) throw error
      await remove(now, action.propagation)
    }
    return 'pruned'
  }

  async function remove(seen: KubeObject, propagationPolicy: 'Foreground' | 'Background' | 'Orphan'): Promise<void> {
    const { uid, resourceVersion } = seen.metadata
    const hook = seen.metadata.finalizers?.includes(finalizer.hook) ?? false
    // The version proves that the tracking mark seen is still there; hooks change under their controllers.
    const preconditions = { ...(uid && { uid }), ...(resourceVersion && !hook && { resourceVersion }) }
    const body = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy,
      preconditions,
    }
    try {
      const answer = await cluster.request({ method: 'DELETE', path: pathOfObject(seen, kindOf(seen)), body })
      const left = JSON.parse(answer.text) as KubeObject
      const stays = left.kind !== 'Status' && left.metadata.deletionTimestamp !== undefined
      if (stays && (left.metadata.finalizers?.length ?? 0) > 0) live.store.put(left)
      else if (!stays || (left.metadata.deletionGracePeriodSeconds ?? 0) === 0) live.store.remove(keyOf(seen), uid)
      else live.store.put(left)
    } catch (error) {
      if (!isNotFound(error)) throw error
      live.store.remove(keyOf(seen), uid)
    }
  }

  async function release(seen: KubeObject): Promise<void> {
    const now = live.store.object(keyOf(seen)) ?? seen
    const finalizers = now.metadata.finalizers ?? []
    if (!finalizers.includes(finalizer.hook)) return
    const rest = finalizers.filter((name) => name !== finalizer.hook)
    try {
      await patch(now, 'application/merge-patch+json', { metadata: { uid: now.metadata.uid, finalizers: rest } })
      if (now.metadata.deletionTimestamp !== undefined && rest.length === 0)
        live.store.remove(keyOf(now), now.metadata.uid)
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error
    }
  }

  async function patch(
    seen: KubeObject,
    contentType: string,
    body: unknown,
    subresource?: string,
  ): Promise<KubeObject> {
    const path = pathOfObject(seen, kindOf(seen), subresource)
    return keep(await cluster.request({ method: 'PATCH', path, query: { fieldManager }, body, contentType }))
  }

  /** A new CustomResourceDefinition serves its kinds a moment later: first it is accepted, then they are published. */
  async function established(definition: KubeObject, kind: KindInfo): Promise<void> {
    const promised = promiseOf(definition)
    for (let waited = 0; waited < establishMs; waited += 100) {
      const { text } = await cluster.request({ method: 'GET', path: pathOfObject(definition, kind) })
      if (isEstablished(JSON.parse(text) as KubeObject)) {
        await live.rediscover()
        if (isServed(promised, live.discovery())) return
      }
      await sleep(clock, 100)
    }
  }

  /** Takes the answer to a write into the live objects, and says what it did. */
  function outcome(
    answer: ApiAnswer,
    before: KubeObject | undefined,
    key?: ResourceKey,
  ): 'created' | 'configured' | 'unchanged' {
    const after = keep(answer, key)
    if (answer.code === 201 || !before) return 'created'
    return after.metadata.resourceVersion === before.metadata.resourceVersion ? 'unchanged' : 'configured'
  }

  function keep(answer: ApiAnswer, key?: ResourceKey): KubeObject {
    return live.store.putAnswer(answer.text, key)
  }

  function kindOf(object: KubeObject): KindInfo {
    const { group, kind } = gvkOf(object)
    const found = live.discovery().kinds.get(`${group}/${kind}`)
    if (!found) throw new Error(noMatches(object))
    return found
  }

  return {
    async run(groups, context) {
      const results: ActionResult[] = []
      for (const group of groups) {
        const done = await Promise.all(group.map((action) => one(action, context)))
        results.push(...done)
        if (done.some(({ ok, action }) => !ok && action.type !== 'apply')) break
      }
      return results
    },
    remove,
    release,
    patch,
    predict: createPredictor(cluster, kindOf),
    async create(object) {
      const path = pathOf({ ...kindOf(object), version: gvkOf(object).version }, namespaceOf(object))
      try {
        keep(await cluster.request({ method: 'POST', path, query: { fieldManager: 'argocd' }, body: object }))
      } catch (error) {
        if (!isConflict(error)) throw error
      }
    },
    async apply(object) {
      const query = { fieldManager, force: true, fieldValidation: 'Warn' }
      const contentType = 'application/apply-patch+yaml'
      const path = pathOfObject(object, kindOf(object))
      keep(await cluster.request({ method: 'PATCH', path, query, body: object, contentType, idempotent: true }))
    },
  }
}

function namespaceOf(object: KubeObject): { namespace?: string } {
  return object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }
}
