import type { ActionContext, ImpactedObject, ResourceAction } from '@flotilla/shared/engine/actions/action'
import { sortedJson } from '@flotilla/shared/k8s/structured/path-element'
import { discoverActions, runAction } from '@flotilla/shared/engine/actions/actions'
import { restoreEmpty } from '@flotilla/shared/engine/actions/clean'
import { isMap, withLowerCaseNames, wrongType } from '@flotilla/shared/engine/health/go-json'
import {
  actionsCustomization,
  parse,
  type Customizations,
  type ParseYaml,
} from '@flotilla/shared/engine/health/customizations'
import { asText } from '@flotilla/shared/engine/health/custom/rules'
import { gvkOf } from '@flotilla/shared/k8s/gvk'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { orderedBy } from '@flotilla/shared/lang/order'
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
  if (Array.isArray(answer) && answer.length > 0) {
    throw new Error(`error unmarshaling action table: ${wrongType(answer, 'value of type map[string]interface {}')}`)
  }
  for (const [name, fields] of Object.entries(answer)) found.set(name, asAction(name, fields))
  if (own.merge)
    for (const action of discoverActions(object)) if (!found.has(action.name)) found.set(action.name, action)
  return [...found.values()].toSorted(orderedBy((one) => one.name))
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
  if (!Array.isArray(answer)) {
    if (!('kind' in answer) || !answer.kind) throw new Error(`Object 'Kind' is missing in '${sortedJson(answer)}'`)
    return [{ operation: 'patch', object: restoreEmpty(answer, object) as KubeObject }]
  }
  return answer.map((item) => impacted(item, object))
}

function impacted(item: unknown, original: KubeObject): ImpactedObject {
  if (!isMap(item)) throw new Error(wrongType(item, 'value of type lua.ImpactedResource'))
  const { operation, resource } = withLowerCaseNames(item)
  if (operation !== 'create' && operation !== 'patch') {
    throw new Error(`unsupported operation: ${JSON.stringify(operation ?? '')}`)
  }
  if (!isMap(resource)) {
    throw new Error(wrongType(resource, 'struct field ImpactedResource.resource of type map[string]interface {}'))
  }
  return { operation, object: (operation === 'create' ? resource : restoreEmpty(resource, original)) as KubeObject }
}

function definitionsFor(
  object: KubeObject,
  { customizations, parseYaml }: ScriptedActionsOptions,
): Definitions | undefined {
  const { group, kind } = gvkOf(object)
  const { actions } = actionsCustomization(customizations, group, kind)
  if (!actions) return undefined
  const read = parse(actions, parseYaml) ?? {}
  if (!isMap(read)) {
    const complaint = wrongType(read, 'value of type v1alpha1.ResourceActions')
    throw new Error(`error unmarshaling JSON: while decoding JSON: ${complaint}`)
  }
  const definitions = Array.isArray(read['definitions']) ? (read['definitions'] as Record<string, unknown>[]) : []
  return {
    discovery: typeof read['discovery.lua'] === 'string' ? read['discovery.lua'] : '',
    // Of two by one name the first counts.
    scripts: new Map(definitions.toReversed().map((one) => [asText(one['name']), asText(one['action.lua'])])),
    merge: read['mergeBuiltinActions'] === true,
  }
}

function runTable(runLua: RunLua, script: string, globals: Record<string, unknown>): object {
  const answer = runLua({ script, globals })
  if (typeof answer === 'object' && answer !== null) return answer
  throw new Error(`expect table output from Lua script, not ${answer === undefined ? 'nil' : typeof answer}`)
}

function asAction(key: string, value: unknown): ResourceAction {
  // Lua knows no empty map, so a list is an action of which nothing is said.
  if (Array.isArray(value)) return { name: key }
  if (!isMap(value)) throw actionFault(value, 'value of type v1alpha1.ResourceAction')
  const fields = withLowerCaseNames(value)
  const params = fields['params'] ?? []
  if (!Array.isArray(params)) {
    throw actionFault(params, 'struct field ResourceAction.params of type []v1alpha1.ResourceActionParam')
  }
  const name = textOf(fields, 'name', 'name')
  const iconClass = textOf(fields, 'iconclass', 'iconClass')
  const displayName = textOf(fields, 'displayname', 'displayName')
  const disabled = fields['disabled'] ?? false
  if (typeof disabled !== 'boolean') throw actionFault(disabled, 'struct field ResourceAction.disabled of type bool')
  return {
    name: name ?? key,
    ...(params.length > 0 ? { params: params.map(asParameter) } : {}),
    ...(disabled ? { disabled } : {}),
    ...(iconClass ? { iconClass } : {}),
    ...(displayName ? { displayName } : {}),
  }
}

function asParameter(value: unknown): { name: string } {
  if (!isMap(value)) throw actionFault(value, 'struct field ResourceAction.params of type v1alpha1.ResourceActionParam')
  return { name: textOf(withLowerCaseNames(value), 'name', 'params.name') ?? '' }
}

function textOf(fields: Readonly<Record<string, unknown>>, lowerCase: string, field: string): string | undefined {
  const value = fields[lowerCase]
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined
  throw actionFault(value, `struct field ResourceAction.${field} of type string`)
}

function actionFault(value: unknown, expected: string): Error {
  return new Error(`error unmarshaling resource action: ${wrongType(value, expected)}`)
}
