import { gvkOf } from '../../k8s/gvk.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { dictionary } from '../../lang/dictionary.ts'
import type { ActionContext, ActionRules, Draft, ImpactedObject, ResourceAction } from './action.ts'
import { withoutNulls } from '../health/without-nulls.ts'
import { argoActions, argoChecks } from './argo.ts'
import { numaActions, numaChecks } from './numa.ts'
import { operatorActions, operatorChecks } from './operators.ts'
import { workloadActions, workloadChecks } from './workloads.ts'
import { orderedBy } from '../../lang/order.ts'

const kinds: Readonly<Record<string, ActionRules>> = dictionary({
  ...workloadActions,
  ...argoActions,
  ...operatorActions,
  ...numaActions,
})
const checks: Readonly<Record<string, (object: KubeObject) => void>> = dictionary({
  ...workloadChecks,
  ...argoChecks,
  ...operatorChecks,
  ...numaChecks,
})

/** What is said where nothing does what was asked for. */
export const noSuchAction = 'built-in script does not exist'

/** What can be done to an object, in order of name. Throws in Argo CD's words where it lacks what its kind must have. */
export function discoverActions(live: KubeObject): ResourceAction[] {
  const object = withoutNulls(live) as KubeObject
  own(checks, object)?.(object)
  return Object.entries(rulesFor(object))
    .filter(([, rule]) => rule.offered?.(object) ?? true)
    .map(([name, { params, disabled, icon, displayName }]) => {
      const shown = typeof displayName === 'function' ? displayName(object) : displayName
      return {
        name,
        ...(params ? { params: params.map((param) => ({ name: param })) } : {}),
        ...(disabled?.(object) ? { disabled: true as const } : {}),
        ...(icon === undefined ? {} : { iconClass: icon }),
        ...(shown === undefined ? {} : { displayName: shown }),
      }
    })
    .toSorted(orderedBy((one) => one.name))
}

/** What an action makes of an object; nothing is sent anywhere. Throws with the reason where it cannot be done. */
export function runAction(object: KubeObject, action: string, context: ActionContext): ImpactedObject[] {
  const rules = rulesFor(object)
  const rule = Object.hasOwn(rules, action) ? rules[action] : undefined
  if (!rule) throw new Error(noSuchAction)
  const draft = structuredClone(withoutNulls(object)) as unknown as Draft
  const made = rule.run(draft, context)
  return made
    ? [{ operation: 'create', object: made as unknown as KubeObject }]
    : [{ operation: 'patch', object: draft as unknown as KubeObject }]
}

function rulesFor(object: KubeObject): ActionRules {
  return own(kinds, object) ?? {}
}

function own<T>(table: Readonly<Record<string, T>>, object: KubeObject): T | undefined {
  const { group, kind } = gvkOf(object)
  const name = `${group}/${kind}`
  return Object.hasOwn(table, name) ? table[name] : undefined
}
