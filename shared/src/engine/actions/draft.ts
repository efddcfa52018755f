import { parameterNumber } from './parameter-number.ts'
import type { KubeObject } from '../../k8s/object.ts'
import type { ActionContext, ActionRule, Draft, Need } from './action.ts'
import { needAt } from '../health/custom/strict.ts'

/** A map inside a draft, made where it is missing. */
export function mapAt(draft: object, ...path: readonly string[]): Record<string, unknown> {
  let map = draft as Record<string, unknown>
  for (const step of path) {
    const next = map[step]
    if (typeof next === 'object' && next !== null && !Array.isArray(next)) map = next as Record<string, unknown>
    else {
      const made = {}
      map[step] = made
      map = made
    }
  }
  return map
}

/** The time as Kubernetes writes it, to the second. */
export function stamp(now: Date): string {
  return `${now.toISOString().slice(0, 19)}Z`
}

/** An action that sets one field; what holds the field must be there. */
export function setting(path: readonly string[], value: unknown, rest: Omit<ActionRule, 'run'> = {}): ActionRule {
  return {
    ...rest,
    run(draft) {
      needAt(1, draft, ...path)
      mapAt(draft, ...path.slice(0, -1))[path.at(-1) ?? ''] = value
    },
  }
}

/** An action that writes an annotation, or takes it away. */
export function annotating(
  name: string,
  value: string | undefined | ((context: ActionContext) => string),
  rest: Omit<ActionRule, 'run'> = {},
): ActionRule {
  return {
    ...rest,
    run(draft, context) {
      const text = typeof value === 'function' ? value(context) : value
      if (text !== undefined) mapAt(draft, 'metadata', 'annotations')[name] = text
      else if (draft.metadata['annotations'] !== undefined) delete mapAt(draft, 'metadata', 'annotations')[name]
    },
  }
}

/** Ends a pause that is on; one that is off or was never on stays as it is. */
export function resuming(field: string, rest: Omit<ActionRule, 'run'> = {}, line = 1): ActionRule {
  return {
    ...rest,
    run(draft) {
      needAt(line, draft, 'spec', field)
      const spec = mapAt(draft, 'spec')
      if (spec[field] === true) spec[field] = false
    },
  }
}

/** Restarts the pods of a workload by a mark in their template. */
export const restart: ActionRule = {
  icon: 'fa fa-fw fa-redo',
  run(draft, { now }) {
    // Without a template there is nothing to restart, and one made here would be refused without a reason.
    needAt(2, draft, 'spec', 'template', 'metadata')
    mapAt(draft, 'spec', 'template', 'metadata', 'annotations')['kubectl.kubernetes.io/restartedAt'] = stamp(now())
  },
}

/** Sets the number of replicas that the user gives. */
export const scale: ActionRule = {
  icon: 'fa fa-fw fa-plus-circle',
  params: ['replicas'],
  run(draft, { parameters }) {
    const replicas = parameterNumber(parameters['replicas'])
    needAt(8, draft, 'spec', 'replicas')
    mapAt(draft, 'spec')['replicas'] = replicas
  },
}

/** Who made a created object. */
export function ownerOf({ apiVersion, kind, metadata }: Draft): Record<string, unknown> {
  return { apiVersion, kind, name: metadata.name, uid: metadata['uid'] }
}

/** A copy without empty maps and lists, which mean nothing in a template. */
export function withoutEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map(withoutEmpty).filter((item) => item !== undefined)
    return items.length === 0 ? undefined : items
  }
  const entries = Object.entries(value).flatMap(([key, item]) => {
    const kept = withoutEmpty(item)
    return kept === undefined ? [] : [[key, kept] as const]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** Stops in Argo CD's words where something is missing that its script reads first. */
export function needs(...all: readonly Need[]): (object: KubeObject) => void {
  return (object) => {
    for (const [line, ...path] of all) needAt(line, object, ...path)
  }
}
