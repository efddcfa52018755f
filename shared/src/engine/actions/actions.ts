import { gvkOf } from '../../k8s/gvk.ts'
import type { KubeObject } from '../../k8s/object.ts'
import type { ActionContext, ActionRules, Draft, ImpactedObject, ResourceAction } from './action.ts'
import { argoActions } from './argo.ts'
import { operatorActions } from './operators.ts'
import { workloadActions } from './workloads.ts'

const kinds: Readonly<Record<string, ActionRules>> = { ...workloadActions, ...argoActions, ...operatorActions }

/** What can be done to an object, in order of name. */
export function discoverActions(object: KubeObject): ResourceAction[] {
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
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** What an action makes of an object; nothing is sent anywhere. Throws with the reason where it cannot be done. */
export function runAction(object: KubeObject, action: string, context: ActionContext): ImpactedObject[] {
  const rules = rulesFor(object)
  const rule = Object.hasOwn(rules, action) ? rules[action] : undefined
  if (!rule) throw new Error('built-in script does not exist')
  const draft = structuredClone(object) as unknown as Draft
  const made = rule.run(draft, context)
  return made
    ? [{ operation: 'create', object: made as unknown as KubeObject }]
    : [{ operation: 'patch', object: draft as unknown as KubeObject }]
}

function rulesFor(object: KubeObject): ActionRules {
  const { group, kind } = gvkOf(object)
  const name = `${group}/${kind}`
  return (Object.hasOwn(kinds, name) ? kinds[name] : undefined) ?? {}
}
