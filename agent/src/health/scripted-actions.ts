import type { ActionContext, ImpactedObject, ResourceAction } from '@flotilla/shared/engine/actions/action'
import { discoverActions, runAction } from '@flotilla/shared/engine/actions/actions'
import { restoreEmpty } from '@flotilla/shared/engine/actions/clean'
import {
  actionsCustomization,
  parse,
  type Customizations,
  type ParseYaml,
} from '@flotilla/shared/engine/health/customizations'
import { asText } from '@flotilla/shared/engine/health/custom/rules'
import { gvkOf } from '@flotilla/shared/k8s/gvk'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { RunLua } from './lua.ts'

export interface ScriptedActionsOptions {
  readonly customizations: Customizations
  readonly runLua: RunLua
  readonly parseYaml: ParseYaml
}

interface Definitions {
  readonly discovery: string
  readonly scripts: ReadonlyMap<string, string>
  readonly merge: boolean
}

/** The actions on an object: those of argocd-cm where it has any for the kind, else ours, or both where it says so. */
export function listActions(object: KubeObject, options: ScriptedActionsOptions): ResourceAction[] {
  const own = definitionsFor(object, options)
  if (!own) return discoverActions(object)
  const found = new Map<string, ResourceAction>()
  const answer = runTable(options.runLua, own.discovery, { obj: object })
  if (!Array.isArray(answer)) {
    for (const [name, fields] of Object.entries(answer)) found.set(name, asAction(name, fields))
  }
  if (own.merge)
    for (const action of discoverActions(object)) if (!found.has(action.name)) found.set(action.name, action)
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** What an action makes of an object: a script of argocd-cm by that name, else ours. */
export function planAction(
  object: KubeObject,
  action: string,
  context: ActionContext,
  options: ScriptedActionsOptions,
): ImpactedObject[] {
  const script = definitionsFor(object, options)?.scripts.get(action)
  if (script === undefined) return runAction(object, action, context)
  const globals = { obj: object, actionParams: context.parameters }
  const answer = runTable(options.runLua, script, globals)
  if (!Array.isArray(answer)) return [{ operation: 'patch', object: restoreEmpty(answer, object) as KubeObject }]
  return answer.map((item) => impacted(item as Record<string, unknown>, object))
}

function impacted({ operation, resource }: Record<string, unknown>, original: KubeObject): ImpactedObject {
  if (operation === 'create') return { operation, object: resource as KubeObject }
  if (operation !== 'patch') throw new Error(`unsupported operation: ${String(operation)}`)
  return { operation, object: restoreEmpty(resource, original) as KubeObject }
}

function definitionsFor(
  object: KubeObject,
  { customizations, parseYaml }: ScriptedActionsOptions,
): Definitions | undefined {
  const { group, kind } = gvkOf(object)
  const { actions } = actionsCustomization(customizations, group, kind)
  if (!actions) return undefined
  const read = (parse(actions, parseYaml) ?? {}) as Record<string, unknown>
  const definitions = Array.isArray(read['definitions']) ? (read['definitions'] as Record<string, unknown>[]) : []
  return {
    discovery: typeof read['discovery.lua'] === 'string' ? read['discovery.lua'] : '',
    scripts: new Map(definitions.map((one) => [asText(one['name']), asText(one['action.lua'])])),
    merge: read['mergeBuiltinActions'] === true,
  }
}

function runTable(runLua: RunLua, script: string, globals: Record<string, unknown>): object {
  const answer = runLua({ script, globals })
  if (typeof answer === 'object' && answer !== null) return answer
  throw new Error(`expect table output from Lua script, not ${answer === undefined ? 'nil' : typeof answer}`)
}

function asAction(name: string, fields: unknown): ResourceAction {
  const { disabled, iconClass, displayName, params } = (
    typeof fields === 'object' && fields !== null ? fields : {}
  ) as Record<string, unknown>
  const named = Array.isArray(params) ? params.map((one: { name?: unknown }) => ({ name: asText(one.name) })) : []
  return {
    name,
    ...(named.length > 0 ? { params: named } : {}),
    ...(disabled === true ? { disabled } : {}),
    ...(typeof iconClass === 'string' && iconClass !== '' ? { iconClass } : {}),
    ...(typeof displayName === 'string' && displayName !== '' ? { displayName } : {}),
  }
}
