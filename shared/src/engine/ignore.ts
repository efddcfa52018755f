import type { IgnoreDifference } from '../argo/application.ts'
import { gvkOf } from '../k8s/gvk.ts'
import type { KubeObject } from '../k8s/object.ts'
import { goJson } from '../lang/go-json.ts'
import { globMatcher } from '../lang/glob.ts'
import { keptBy } from '../lang/kept-by.ts'
import type { DeletePaths } from './compare-types.ts'
import { compareOptions, resourceOverrides } from './overrides.ts'
import { pointerSteps, removeSteps } from './remove-pointer.ts'
import { isObject } from '../lang/json.ts'

/** The fields of one kind, or of objects by name, that comparison leaves out. */
export interface IgnoreRule {
  readonly group: string
  readonly kind: string
  readonly name?: string
  readonly namespace?: string
  readonly jsonPointers?: readonly string[]
  readonly jqPathExpressions?: readonly string[]
  readonly managedFieldsManagers?: readonly string[]
}

/** Leaves out what rules say; copies what it changes. */
export type Ignorer = (object: KubeObject) => KubeObject

/** All rules that hold for an application: its own, those of argocd-cm, and `/status` as the settings want it. */
export function ignoreRules(
  own: readonly IgnoreDifference[],
  argocdCm: Readonly<Record<string, string>>,
  aspect: Aspect = 'ignoreDifferences',
): IgnoreRule[] {
  const system = systemRules[aspect](argocdCm)
  if (aspect !== 'ignoreDifferences') return [...system]
  const first = own.map((rule) => ({ ...(rule as IgnoreRule), group: rule.group ?? '', kind: rule.kind ?? '' }))
  const status = statusRule(argocdCm)
  return [...first, ...system, ...(status ? [status] : [])]
}

/** Whether a rule speaks of an object; kinds and groups may be globs, names must be equal. */
export function ruleMatches(rule: IgnoreRule, object: KubeObject): boolean {
  const { group, kind } = gvkOf(object)
  const patterns = patternsOf(rule)
  return (
    patterns.group(group) &&
    patterns.kind(kind) &&
    (!rule.name || rule.name === object.metadata.name) &&
    (!rule.namespace || rule.namespace === object.metadata.namespace)
  )
}

const patternsOf = keptBy(({ group, kind }: IgnoreRule) => ({ group: globMatcher(group), kind: globMatcher(kind) }))

const nothing: KubeObject = { apiVersion: '', kind: '', metadata: { name: '' } }

/** Rules that took away so much that what is left is no object. */
export class NotAnObject extends Error {
  constructor(left: unknown) {
    super(`Object 'Kind' is missing in '${goJson(left)}'`)
    this.name = 'NotAnObject'
  }
}

/** As {@link strictIgnorer}, but an object that rules would leave nothing of stays whole. */
export function ignorer(rules: readonly IgnoreRule[], deletePaths?: DeletePaths): Ignorer {
  const ignore = strictIgnorer(rules, deletePaths)
  return (object) => {
    try {
      return ignore(object)
    } catch (error) {
      if (error instanceof NotAnObject) return object
      throw error
    }
  }
}

/** Applies the pointers and jq expressions of the rules. A jq expression that does not parse throws; one that fails is passed over. */
export function strictIgnorer(rules: readonly IgnoreRule[], deletePaths?: DeletePaths): Ignorer {
  // Each must parse, even where nothing of its kind is compared.
  const expressions = new Set(rules.flatMap((rule) => rule.jqPathExpressions ?? []))
  if (deletePaths) for (const expression of expressions) deletePaths(expression, nothing)
  const pointers = new Map(rules.map((rule) => [rule, (rule.jsonPointers ?? []).map(pointerSteps)]))
  return (object) => {
    let result: unknown = object
    for (const rule of rules) {
      if (!ruleMatches(rule, object)) continue
      for (const steps of pointers.get(rule) ?? []) if (steps) result = removeSteps(result, steps)
      for (const expression of rule.jqPathExpressions ?? []) {
        if (!deletePaths) throw new Error(`nothing here can run the jq expression ${expression}`)
        result = deletePaths(expression, result as KubeObject)
      }
    }
    if (result !== object && !(isObject(result) && result['kind'])) throw new NotAnObject(result)
    return result as KubeObject
  }
}

type Aspect = 'ignoreDifferences' | 'ignoreResourceUpdates'

/** Read once for settings that all applications share: reading YAML costs more than a comparison. */
const systemRules: Readonly<Record<Aspect, (argocdCm: Readonly<Record<string, string>>) => readonly IgnoreRule[]>> = {
  ignoreDifferences: keptBy((argocdCm) => readSystemRules(argocdCm, 'ignoreDifferences')),
  ignoreResourceUpdates: keptBy((argocdCm) => readSystemRules(argocdCm, 'ignoreResourceUpdates')),
}

/** Rules of argocd-cm, for each kind. */
function readSystemRules(argocdCm: Readonly<Record<string, string>>, aspect: Aspect): IgnoreRule[] {
  return [...resourceOverrides(argocdCm)].flatMap(([key, override]) => {
    const parts = key.split('/')
    const fields = override[aspect]
    if (!fields || parts.length > 2) return []
    return [{ ...fields, group: parts.length < 2 ? '' : (parts[0] ?? ''), kind: parts.at(-1) ?? '' }]
  })
}

/** `ignoreResourceStatusField` of `resource.compareoptions`: everywhere unless it says otherwise. */
export const statusRule = keptBy((argocdCm: Readonly<Record<string, string>>): IgnoreRule | undefined => {
  const { ignoreResourceStatusField: setting } = compareOptions(argocdCm)
  if (setting === 'none' || setting === 'off' || setting === 'false') return undefined
  if (setting === 'crd') {
    return { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition', jsonPointers: ['/status'] }
  }
  return { group: '*', kind: '*', jsonPointers: ['/status'] }
})
