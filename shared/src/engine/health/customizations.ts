import { formatGroupKind } from './group-kind.ts'
import { globMatch } from '../../lang/glob.ts'

/** What argocd-cm says of one kind, or of all kinds that a pattern matches. */
export interface Customization {
  readonly health?: string
  /** Scripts get the standard libraries. */
  readonly openLibs?: boolean
  /** The YAML of its actions, read when they are asked for. */
  readonly actions?: string
}

export type ParseYaml = (text: string) => unknown

/** Customisations by `group/Kind`, in the order they were written. */
export type Customizations = ReadonlyMap<string, Customization>

const prefix = 'resource.customizations'
const split: Readonly<Record<string, keyof Customization>> = {
  health: 'health',
  useOpenLibs: 'openLibs',
  actions: 'actions',
}

/** Reads `resource.customizations` and the keys below it. Throws in Argo CD's words where they cannot be read. */
export function readCustomizations(argocdCm: Readonly<Record<string, string>>, parseYaml: ParseYaml): Customizations {
  const found = new Map<string, Customization>()
  const together = argocdCm[prefix]
  if (together) readTogether(parse(together, parseYaml), found)
  for (const [key, value] of Object.entries(argocdCm)) {
    if (!key.startsWith(`${prefix}.`)) continue
    const rest = key.slice(prefix.length + 1)
    const dot = rest.indexOf('.')
    const field = dot < 0 ? undefined : split[rest.slice(0, dot)]
    if (field === undefined) continue
    const kind = kindOfKey(rest.slice(dot + 1))
    found.set(kind, { ...found.get(kind), [field]: field === 'openLibs' ? value === 'true' : value })
  }
  return found
}

/** The text as a value; a text that is no YAML gives Argo CD's error. */
export function parse(text: string, parseYaml: ParseYaml): unknown {
  try {
    return parseYaml(text)
  } catch (error) {
    throw new Error(`error converting YAML to JSON: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

function readTogether(value: unknown, found: Map<string, Customization>): void {
  if (typeof value !== 'object' || value === null) return
  for (const [kind, fields] of Object.entries(value as Record<string, unknown>)) {
    if (typeof fields !== 'object' || fields === null) continue
    const { 'health.lua': health, 'health.lua.useOpenLibs': openLibs, actions } = fields as Record<string, unknown>
    found.set(kind, {
      ...(typeof health === 'string' ? { health } : {}),
      ...(typeof openLibs === 'boolean' ? { openLibs } : {}),
      ...(typeof actions === 'string' ? { actions } : {}),
    })
  }
}

/** `group_Kind` → `group/Kind`: a split key knows no wildcards, since `_` parts group and kind. */
function kindOfKey(key: string): string {
  const parts = key.split('_')
  if (parts.length === 1) return key
  if (parts.length === 2) return parts.join('/')
  throw new Error(
    `group kind should be in format \`resource.customizations.<type>.<group_kind>\` or resource.customizations.<type>.<kind>\`, got group kind: '${key}'`,
  )
}

/** The customisation with a health script for a kind: the exact one, else the first whose pattern matches. */
export function healthCustomization(
  customizations: Customizations,
  group: string,
  kind: string,
): Customization | undefined {
  const name = formatGroupKind(group, kind)
  const exact = customizations.get(name)
  if (exact?.health) return exact
  for (const [pattern, customization] of customizations) {
    if (customization.health && pattern.includes('*') && globMatch(pattern, name)) return customization
  }
  return undefined
}

/** The YAML of the actions that are set for a kind; patterns do not count here. */
export function actionsCustomization(customizations: Customizations, group: string, kind: string): Customization {
  return customizations.get(formatGroupKind(group, kind)) ?? {}
}
