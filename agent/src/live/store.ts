import type { KindInfo } from '@flotilla/shared/engine/compare-types'
import { ownerOf, type Tracking } from '@flotilla/shared/engine/tracking'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import { keyOf, keyString, type ResourceKey } from '@flotilla/shared/k8s/ref'
import { isNewer } from '../cluster/versions.ts'
import { Recent } from '@flotilla/shared/lang/recent'

/** What is kept of one live object. Whole objects are kept as text, and only of those that an application cares for. */
export interface LiveEntry {
  readonly key: ResourceKey
  readonly uid: string
  resourceVersion: string
  readonly owners: readonly string[]
  /** The instance whose tracking mark it carries. */
  readonly instance: string | undefined
  readonly images: readonly string[]
  /** Addresses that it can be reached at from outside. */
  readonly urls: readonly string[]
  text: string | undefined
}

/** Live objects of the watched kinds, by key, by owner and by the application they carry the mark of. */
export interface LiveStore {
  /** Takes in what a watch or a list shows; older versions of an object are left out. `text`: as the server wrote it. */
  put(object: KubeObject, text?: string): void
  /** Takes in the answer to a write or a read; `of` is what was asked for, where that is known: a watch may have told. */
  putAnswer(text: string, of?: ResourceKey): KubeObject
  /** An answer to a write of an object is on its way: until the end that is answered, nobody need judge what a watch tells of it. */
  expects(key: ResourceKey): () => void
  /** The version of an object that an answer has told of in these very words: a watch says the same once more. */
  answered(text: string): string | undefined
  /** What was removed by its uid does not come back: an answer may tell of it later than the watch told of its end. */
  remove(key: ResourceKey, uid: string | undefined): void
  /**
   * Removes objects of a kind that a complete list (of one namespace, where one is named) lacks; false where too many are
   * gone to be believed at once.
   */
  retain(kind: KindInfo, uids: ReadonlySet<string>, namespace?: string): boolean
  /**
   * The API server's past is another one (its database was restored): what is told of a kind from now on counts, whatever
   * its version, and what had ended may be there again.
   */
  rewind(kind: Pick<KindInfo, 'group' | 'kind'>): void
  entry(key: ResourceKey): LiveEntry | undefined
  /** The whole object, where it is kept; callers never change it. */
  object(key: ResourceKey): KubeObject | undefined
  /** Objects that carry the instance's mark; without those that have an owner, as controllers copy marks to what they make. */
  trackedBy(instance: string): readonly LiveEntry[]
  children(uid: string): readonly LiveEntry[]
  /** Says which keys an application's desired state names, so that their objects are kept whole though unmarked. */
  want(application: string, keys: readonly ResourceKey[]): void
  /** Objects in a namespace that no other object owns. */
  topLevelIn(namespace: string): readonly LiveEntry[]
  /** Says that an application wants to hear of whatever comes and goes in a namespace; undefined: no more. */
  watchNamespace(application: string, namespace: string | undefined): void
  /** Forgets a kind that is no longer watched. */
  drop(kind: Pick<KindInfo, 'group' | 'kind'>): void
  size(): number
}

export interface LiveStoreOptions {
  readonly tracking: () => Tracking
  readonly summaryOf: (object: KubeObject) => { readonly images: readonly string[]; readonly urls: readonly string[] }
  /** Whether an update of a kept object changes nothing that an application would be judged by. */
  readonly damped?: (before: KubeObject, after: KubeObject) => boolean
  /**
   * Called with the instances and applications that a change may concern; `others` would have the object too, but it is
   * another's by now: they need not hear of it at once.
   */
  readonly changed: (
    instances: ReadonlySet<string>,
    applications: ReadonlySet<string>,
    others: ReadonlySet<string>,
  ) => void
}

interface Answer {
  readonly id: string
  readonly uid: string
  readonly resourceVersion: string
}

/** Of what all workers have in hand at one time, each looks twice. */
const mostParsed = 256
/** Watches tell of a write within a moment. */
const mostAnswers = 500
const none: readonly string[] = []

/** An empty store. */
export function createLiveStore({ tracking, summaryOf, damped, changed }: LiveStoreOptions): LiveStore {
  const byKey = new Map<string, LiveEntry>()
  const byInstance = new Map<string, Set<string>>()
  const byOwner = new Map<string, Set<string>>()
  const keyOfUid = new Map<string, string>()
  const wanted = new Map<string, Set<string>>()
  const wants = new Map<string, readonly string[]>()
  const suspects = new Map<string, string>()
  const watchers = new Map<string, string>()

  const expected = new Set<string>()
  const ended = new Set<string>()
  const answers = new Recent<string, Answer>(mostAnswers)
  // What is looked at now is looked at again in a moment.
  const parsed = new Recent<LiveEntry, KubeObject>(mostParsed)

  function bury(uid: string): void {
    ended.add(uid)
    const [oldest] = ended
    if (ended.size > mostEnded && oldest !== undefined) ended.delete(oldest)
  }

  function notify(entries: readonly (LiveEntry | undefined)[], gone = false): void {
    const instances = new Set<string>()
    const applications = new Set<string>()
    const others = new Set<string>()
    for (const entry of entries) {
      if (!entry) continue
      for (const [application, namespace] of watchers) {
        if (namespace === entry.key.namespace) applications.add(application)
      }
      let current: LiveEntry | undefined = entry
      for (let depth = 0; current && depth < 8; depth++) {
        if (current.instance !== undefined) instances.add(current.instance)
        const foreign = current.instance !== undefined && !gone
        for (const application of wanted.get(keyString(current.key)) ?? []) {
          if (foreign) others.add(application)
          else applications.add(application)
        }
        const parent: string | undefined = current.owners
          .map((uid) => keyOfUid.get(uid))
          .find((key) => key !== undefined)
        current = parent === undefined ? undefined : byKey.get(parent)
      }
    }
    if (instances.size > 0 || applications.size > 0) changed(instances, applications, others)
  }

  /** What objects made is only counted; of what is kept whole, the settings say what may change unheard. */
  function isQuiet(before: LiveEntry, after: LiveEntry, object: KubeObject): boolean {
    const same = before.uid === after.uid && before.instance === after.instance
    const listed = (['owners', 'images', 'urls'] as const).every((name) => deepEqual(before[name], after[name]))
    if (!same || !listed || (before.text === undefined) !== (after.text === undefined)) return false
    const { text } = before
    if (text === undefined) return true
    return (
      damped?.(
        parsed.get(before, () => JSON.parse(text) as KubeObject),
        object,
      ) ?? false
    )
  }

  function unlink(id: string, entry: LiveEntry): void {
    byKey.delete(id)
    keyOfUid.delete(entry.uid)
    if (entry.instance !== undefined) drop(byInstance, entry.instance, id)
    for (const uid of entry.owners) drop(byOwner, uid, id)
  }

  function removeId(id: string): void {
    const entry = byKey.get(id)
    if (!entry) return
    notify([entry], true)
    unlink(id, entry)
  }

  function put(object: KubeObject, text?: string, answer = false): void {
    const key = keyOf(object)
    const id = keyString(key)
    const before = byKey.get(id)
    const { uid = '', resourceVersion = '', ownerReferences } = object.metadata
    if (ended.has(uid)) return
    if (before && before.uid === uid && !isNewer(resourceVersion, before.resourceVersion)) return
    const instance = ownerOf(object, tracking())
    const keep = instance !== undefined || wanted.has(id)
    const { images, urls } = summaryOf(object)
    const entry: LiveEntry = {
      key: before?.key ?? key,
      uid,
      resourceVersion,
      owners: ownerReferences && ownerReferences.length > 0 ? ownerReferences.map((owner) => owner.uid) : none,
      instance,
      images: images.length > 0 ? images : none,
      urls: urls.length > 0 ? urls : none,
      text: keep ? (text ?? JSON.stringify(object)) : undefined,
    }
    // Whoever wrote it looks at it next in any case.
    const quiet = !answer && before !== undefined && !expected.has(id) && isQuiet(before, entry, object)
    if (before) {
      unlink(id, before)
      parsed.forget(before)
    }
    byKey.set(id, entry)
    keyOfUid.set(uid, id)
    if (instance !== undefined) add(byInstance, instance, id)
    for (const owner of entry.owners) add(byOwner, owner, id)
    // What comes one by one is looked at next; of a list most is not.
    if (keep && text !== undefined) parsed.put(entry, object)
    if (!quiet) notify([before, entry])
  }

  return {
    put: (object, text) => put(object, text),
    putAnswer(answer, of) {
      const text = answer.endsWith('\n') ? answer.slice(0, -1) : answer
      const told = of && byKey.get(keyString(of))
      if (told?.text === text) return parsed.get(told, () => JSON.parse(text) as KubeObject)
      const object = JSON.parse(text) as KubeObject
      const { uid = '', resourceVersion = '' } = object.metadata
      answers.put(text, { id: keyString(keyOf(object)), uid, resourceVersion })
      put(object, text, true)
      return object
    },
    expects(key) {
      const id = keyString(key)
      expected.add(id)
      return () => void expected.delete(id)
    },
    answered(text) {
      const answer = answers.peek(text)
      if (!answer) return undefined
      answers.forget(text)
      const { id, uid, resourceVersion } = answer
      const entry = byKey.get(id)
      // What an older list has removed since must come back.
      const known = entry?.uid === uid && !isNewer(resourceVersion, entry.resourceVersion)
      return known || ended.has(uid) ? resourceVersion : undefined
    },
    remove(key, uid) {
      if (uid !== undefined) bury(uid)
      const id = keyString(key)
      const entry = byKey.get(id)
      // An older incarnation's end says nothing of this one.
      if (entry && (uid === undefined || entry.uid === uid)) removeId(id)
    },
    retain(kind, uids, namespace) {
      const name = `${kind.group}/${kind.kind}/${namespace ?? ''}`
      const within = (key: ResourceKey): boolean => namespace === undefined || key.namespace === namespace
      const known = [...byKey].filter(
        ([, { key }]) => key.group === kind.group && key.kind === kind.kind && within(key),
      )
      const gone = known.filter(([, entry]) => !uids.has(entry.uid))
      const doubtful = gone.length > 0 && (uids.size === 0 || gone.length > Math.max(20, known.length / 2))
      const mark = `${known.length}-${gone.length}`
      if (doubtful && suspects.get(name) !== mark) {
        suspects.set(name, mark)
        return false
      }
      suspects.delete(name)
      for (const [id] of gone) removeId(id)
      return true
    },
    rewind({ group, kind }) {
      ended.clear()
      for (const entry of byKey.values()) {
        if (entry.key.group === group && entry.key.kind === kind) entry.resourceVersion = ''
      }
    },
    entry: (key) => byKey.get(keyString(key)),
    object(key) {
      const entry = byKey.get(keyString(key))
      const { text } = entry ?? {}
      if (entry === undefined || text === undefined) return undefined
      return parsed.get(entry, () => JSON.parse(text) as KubeObject)
    },
    trackedBy: (instance) => entriesOf(byKey, byInstance.get(instance)).filter(({ owners }) => owners.length === 0),
    children: (uid) => entriesOf(byKey, byOwner.get(uid)),
    want(application, keys) {
      const next = keys.map(keyString)
      if (deepEqual(next, wants.get(application))) return
      for (const id of wants.get(application) ?? []) drop(wanted, id, application)
      for (const id of next) add(wanted, id, application)
      if (next.length > 0) wants.set(application, next)
      else wants.delete(application)
    },
    topLevelIn(namespace) {
      return [...byKey.values()].filter(({ key, owners }) => key.namespace === namespace && owners.length === 0)
    },
    watchNamespace(application, namespace) {
      if (namespace === undefined) watchers.delete(application)
      else watchers.set(application, namespace)
    },
    drop(kind) {
      for (const [id, { key }] of byKey) if (key.group === kind.group && key.kind === kind.kind) removeId(id)
    },
    size: () => byKey.size,
  }
}

/** Answers are late by seconds, never by so many deletions. */
const mostEnded = 10_000

function entriesOf(all: ReadonlyMap<string, LiveEntry>, ids: ReadonlySet<string> | undefined): readonly LiveEntry[] {
  return [...(ids ?? [])].flatMap((id) => {
    const entry = all.get(id)
    return entry ? [entry] : []
  })
}

function add(index: Map<string, Set<string>>, name: string, value: string): void {
  const set = index.get(name)
  if (set) set.add(value)
  else index.set(name, new Set([value]))
}

function drop(index: Map<string, Set<string>>, name: string, value: string): void {
  const set = index.get(name)
  set?.delete(value)
  if (set?.size === 0) index.delete(name)
}
