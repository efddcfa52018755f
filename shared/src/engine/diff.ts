import { annotation, fieldManager } from '../argo/annotations.ts'
import type { KubeObject } from '../k8s/object.ts'
import { keyOf, keyString } from '../k8s/ref.ts'
import { deepEqual } from '../lang/deep-equal.ts'
import { hasOption, wordsOf } from './annotation-options.ts'
import type { CompareCache, CompareInput, KeptDiff } from './compare-types.ts'
import { ignorer, ignoreRules, ruleMatches, type IgnoreRule } from './ignore.ts'
import { knownTypeNormalizer, namesKnownTypes } from './known-types.ts'
import { ownedEntry, ownedPart, withoutManaged } from './managed-fields.ts'
import { normalize } from './normalize.ts'
import { objectKey } from './object-key.ts'
import { compareOptions } from './overrides.ts'
import { differsPlainly } from './plain-difference.ts'
import { withDefaults } from './scheme/defaults.ts'
import { StrategicError } from '../k8s/strategic/lookup.ts'
import { inWords } from '../k8s/strategic/three-way.ts'
import { mergeThreeWay } from './scheme/three-way.ts'
import { structuredType } from './scheme/ownership.ts'
import { schemeType } from './scheme/types.ts'
import { compareDryRun, compareStructured, isMerged } from './structured-diff.ts'
import { applyModeOf, objectHas, syncOptionsOf } from './sync-options.ts'
import { isUpheld } from './upheld.ts'

export type DiffResult = KeptDiff

/** Says how one object differs; made once per comparison. The target's key is made where it is not given. */
export type Differ = (target: KubeObject | undefined, live: KubeObject | undefined, key?: string) => DiffResult

export interface DiffSettings extends Pick<
  CompareInput,
  'settings' | 'predicted' | 'applied' | 'deletePaths' | 'cache'
> {
  /** There is no cluster that would tell how the fields of managers lie in lists. */
  readonly untyped?: boolean
}

/** How objects differ under an application's settings. */
export function differ(
  { settings, predicted, applied: memory, deletePaths, cache, untyped }: DiffSettings,
  digests?: ReadonlyMap<KubeObject, string>,
): Differ {
  const rules = ignoreRules(settings.ignoreDifferences ?? [], settings.argocdCm)
  const ignore = ignorer(rules, deletePaths)
  const known = knownTypeNormalizer(settings.argocdCm)
  const ignoreAggregatedRoles = compareOptions(settings.argocdCm).ignoreAggregatedRoles === true
  const byManager = rules.filter((rule) => (rule.managedFieldsManagers ?? []).length > 0)
  const weighty = rules.filter((rule) => !isOfStatus(rule))
  const rewrites = namesKnownTypes(settings.argocdCm)
  const clean = (object: KubeObject): KubeObject => known(ignore(normalize(object, { ignoreAggregatedRoles })))
  const applied = (object: KubeObject): KubeObject =>
    known(ignore(normalize(object, { ignoreAggregatedRoles, asWritten: true })))

  const options = syncOptionsOf(settings.syncPolicy?.syncOptions, settings.argocdCm)
  const client = settings.annotations[annotation.clientSideApplyMigrationManager] ?? 'kubectl-client-side-apply'
  const isOurs = (live: KubeObject, target: KubeObject): boolean =>
    applyModeOf(target, live, options, false).method === 'server-side' && isOwnedByUs(live, client)

  const compare = (target: KubeObject, live: KubeObject): DiffResult => {
    const managers = byManager
      .filter((rule) => ruleMatches(rule, target))
      .flatMap((rule) => rule.managedFieldsManagers ?? [])
    const tracked = withTargetTracking(target, live, settings.instanceLabelKey, settings.trackingMethod === 'label')
    const trusting = (wanted: KubeObject) =>
      managers.length > 0 ? withoutManaged(tracked, wanted, managers, untyped) : { live: tracked, target: wanted }
    const dryRun = serverSide(settings, target) ? predicted?.get(keyString(keyOf(target))) : undefined
    if (dryRun) return compareDryRun(trusting(dryRun), mutationsCount(settings.annotations, target), clean)
    const pair = trusting(target)
    const asked = structured(settings, target)
    const properly = (): DiffResult => {
      const there = clean(pair.live)
      const wanted = clean(pair.target)
      const last = memory?.(target)
      return (
        (asked ? compareStructured(wanted, there, last) : undefined) ??
        changed(
          compareLocally(wanted, there, originalOf(pair.live, there, last ?? pair.target, { clean, applied })),
          () => (isOurs(pair.live, target) ? compareStructured(wanted, there, last) : undefined),
        )
      )
    }
    // Most objects are as they should be, or differ in a word: both are cheaper to see than all of a difference.
    const plain = pair.live === live && !rewrites && !weighty.some((rule) => ruleMatches(rule, target))
    const same = () =>
      (!asked && isUpheld(target, live)) ||
      ((asked || isOurs(live, target)) && isMerged(target, live, memory?.(target)))
    if (plain && same()) return new Verdict(false, properly)
    return plain && !asked && differsPlainly(target, live) ? new Verdict(true, properly) : properly()
  }
  return (target, live, key) => {
    if (!target) return live ? { modified: false, normalizedLive: clean(live) } : { modified: false }
    if (!live) return new Verdict(true, () => ({ predictedLive: clean(target) }))
    // What was applied last counts for kinds without a type; it may change while both objects stay what they are.
    const typed = schemeType(live.apiVersion, live.kind) !== undefined
    const digest = typed && !serverSide(settings, target) ? digests?.get(target) : undefined
    return settled(cache, { target, live, digest, key }, () => compare(target, live))
  }
}

interface Pair {
  readonly target: KubeObject
  readonly live: KubeObject
  /** Of the manifest. */
  readonly digest: string | undefined
  readonly key: string | undefined
}

/** A verdict stands for the same manifest and the same version of the same object. */
function settled(
  cache: CompareCache | undefined,
  { target, live, digest, key = objectKey(target) }: Pair,
  compare: () => DiffResult,
): DiffResult {
  const { uid, resourceVersion: version } = live.metadata
  if (!cache || digest === undefined || !uid || !version) return compare()
  const known = cache.get(key)
  if (known?.digest === digest && known.uid === uid && known.version === version) {
    return new Verdict(known.modified, compare)
  }
  const result = compare()
  // Names that Git no longer has are forgotten at some time.
  if (cache.size >= mostSettled) cache.clear()
  cache.set(key, { digest, uid, version, modified: result.modified })
  return result
}

/** A verdict that is known; what a diff view shows of it is made when somebody looks at it, which is seldom, and then once. */
class Verdict implements KeptDiff {
  readonly modified: boolean
  readonly #compare: () => Omit<KeptDiff, 'modified'>
  #shown: Omit<KeptDiff, 'modified'> | undefined

  constructor(modified: boolean, compare: () => Omit<KeptDiff, 'modified'>) {
    this.modified = modified
    this.#compare = compare
  }

  get normalizedLive(): KubeObject | undefined {
    return (this.#shown ??= this.#compare()).normalizedLive
  }

  get predictedLive(): KubeObject | undefined {
    return (this.#shown ??= this.#compare()).predictedLive
  }
}

/** What would be applied and change nothing is no difference: others own it too, or the server merges it in its own way. */
function changed(local: DiffResult, applied: () => DiffResult | undefined): DiffResult {
  const onServer = local.modified ? applied() : undefined
  return onServer?.modified === false ? onServer : local
}

/** Whether we write an object, and nobody wrote it before us whose fields we would take over with the next sync. */
function isOwnedByUs(live: KubeObject, client: string): boolean {
  const { annotations, managedFields = [] } = live.metadata
  if (!ownedEntry(live, fieldManager) || annotations?.[annotation.lastApplied] !== undefined) return false
  return !managedFields.some(({ manager, operation }) => manager === client && operation === 'Update')
}

/** A rule that leaves out the status and nothing else. */
function isOfStatus({ jsonPointers = [], jqPathExpressions = [], managedFieldsManagers = [] }: IgnoreRule): boolean {
  return (
    jqPathExpressions.length === 0 &&
    managedFieldsManagers.length === 0 &&
    jsonPointers.every((pointer) => pointer === '/status')
  )
}

const mostSettled = 20_000

/** What was applied last counts where it can be merged with; else the difference is one of two objects. */
function compareLocally(target: KubeObject, live: KubeObject, original: KubeObject | undefined): DiffResult {
  const config = withoutOwnMetadata(target)
  try {
    if (original) return compareMerged(withoutOwnMetadata(original), config, live)
  } catch (error) {
    if (!(error instanceof StrategicError)) throw error
  }
  return inWords('failed to calculate diff', () => compareMerged(config, config, live))
}

/** The type is that of what was applied last. */
function compareMerged(original: KubeObject, config: KubeObject, live: KubeObject): DiffResult {
  const filled = (object: KubeObject, what: string): KubeObject =>
    inWords(`failed to construct strategic merge patch for ${what} state`, () => withDefaults(object, original))
  const merged = mergeThreeWay(original, config, live, schemeType(original.apiVersion, original.kind)) as KubeObject
  const show = (): Omit<KeptDiff, 'modified'> => ({
    normalizedLive: filled(live, 'live'),
    predictedLive: filled(merged, 'predicted'),
  })
  if (merged === live || deepEqual(merged, live)) return new Verdict(false, show)
  const { normalizedLive, predictedLive } = show()
  return { modified: !deepEqual(predictedLive, normalizedLive), normalizedLive, predictedLive }
}

type Clean = (object: KubeObject) => KubeObject

/**
 * What was applied last time: our own fields where the server keeps book, else kubectl's annotation unless it is to be
 * ignored, else nothing known.
 */
function originalOf(
  live: KubeObject,
  seen: KubeObject,
  wanted: KubeObject,
  { clean, applied }: { readonly clean: Clean; readonly applied: Clean },
): KubeObject | undefined {
  const entry = ownedEntry(live, fieldManager)
  if (entry) {
    const { apiVersion, kind } = live
    const known = schemeType(apiVersion, kind)
    const hint = { wanted, filled: known === undefined, type: known && structuredType(known) }
    const part = ownedPart(live, entry, hint) as KubeObject
    return clean(withOwnTemplates({ ...part, apiVersion, kind }, wanted))
  }
  const annotations = seen.metadata?.annotations ?? {}
  const text = annotations[annotation.lastApplied]
  // Annotations are texts, or nobody can read any of them.
  if (text === undefined || Object.values(annotations).some((each) => typeof each !== 'string')) return undefined
  try {
    const said = JSON.parse(text) as Partial<KubeObject> | null
    const isObject = typeof said?.kind === 'string' && said.kind !== ''
    return isObject ? applied(said as KubeObject) : undefined
  } catch {
    return undefined
  }
}

/**
 * The templates of a StatefulSet's claims are owned whole, with all that the server fills in: what was applied of them is
 * taken to be what is wanted, so that only that is compared.
 */
function withOwnTemplates(original: KubeObject, target: KubeObject): KubeObject {
  const templates = specOf(target)?.['volumeClaimTemplates']
  const spec = specOf(original)
  if (target.kind !== 'StatefulSet' || templates === undefined || !spec?.['volumeClaimTemplates']) return original
  return { ...original, spec: { ...spec, volumeClaimTemplates: templates } }
}

function specOf(object: KubeObject): Readonly<Record<string, unknown>> | undefined {
  return object['spec'] as Record<string, unknown> | undefined
}

/** A client's namespace is given by where it writes, and no annotations are as good as an empty map of them. */
function withoutOwnMetadata(object: KubeObject): KubeObject {
  if (!object.metadata) return object
  const { namespace: _, annotations, ...metadata } = object.metadata
  const keep = annotations && Object.keys(annotations).length > 0
  return { ...object, metadata: keep ? { ...metadata, annotations } : metadata }
}

/**
 * A live object that still carries the instance label of earlier tracking is taken to carry today's annotation, so
 * that a change of the method alone is no difference.
 */
function withTargetTracking(target: KubeObject, live: KubeObject, labelKey: string, byLabel: boolean): KubeObject {
  const id = target.metadata.annotations?.[annotation.trackingId]
  const labels = live.metadata.labels
  if (byLabel || id === undefined || !labels?.[labelKey] || live.kind === 'CustomResourceDefinition') return live
  const metadata = { ...live.metadata, annotations: { ...live.metadata.annotations, [annotation.trackingId]: id } }
  if (!target.metadata.labels?.[labelKey]) {
    const { [labelKey]: _, ...rest } = labels
    metadata.labels = rest
  }
  return { ...live, metadata }
}

/** Whether somebody asked for server-side apply in so many words: then comparison merges as the server does. */
function structured({ syncPolicy }: CompareInput['settings'], target: KubeObject): boolean {
  const option = 'ServerSideApply=true'
  return (syncPolicy?.syncOptions ?? []).includes(option) || objectHas(target, option)
}

/** Whether an object is compared by a dry run on the server: its own word, else the application's, else the settings'. */
export function serverSide(
  { annotations, argocdCm }: Pick<CompareInput['settings'], 'annotations' | 'argocdCm'>,
  target: KubeObject,
): boolean {
  if (hasOption(target, annotation.compareOptions, 'ServerSideDiff=false')) return false
  if (hasOption(target, annotation.compareOptions, 'ServerSideDiff=true')) return true
  const words = wordsOf(annotations, annotation.compareOptions)
  if (words.includes('ServerSideDiff=false')) return false
  return words.includes('ServerSideDiff=true') || argocdCm['controller.diff.server.side'] === 'true'
}

function mutationsCount(annotations: Readonly<Record<string, string>>, target: KubeObject): boolean {
  const word = 'IncludeMutationWebhook=true'
  return (
    hasOption(target, annotation.compareOptions, word) || wordsOf(annotations, annotation.compareOptions).includes(word)
  )
}
