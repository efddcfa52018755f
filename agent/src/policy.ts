import { readFile } from 'node:fs/promises'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'

const Pattern = Type.String({ minLength: 1 })
const PolicyFile = Type.Object(
  {
    /** Namespaces that may be written to (`*` at either end); absent: all. */
    namespaces: Type.Optional(Type.Array(Pattern)),
    /** `Kind` or `group/Kind`; absent: all. */
    allowKinds: Type.Optional(Type.Array(Pattern)),
    denyKinds: Type.Optional(Type.Array(Pattern)),
    /** Whether objects without a namespace may be written. */
    clusterScoped: Type.Optional(Type.Boolean()),
    /** Cluster roles that no binding may grant. */
    denyClusterRoles: Type.Optional(Type.Array(Pattern)),
  },
  { additionalProperties: false },
)
export type PolicyFile = Static<typeof PolicyFile>

export interface PolicyTarget {
  readonly group: string
  readonly kind: string
  /** Empty for what has none. */
  readonly namespace: string
  readonly name: string
  /** Of a binding: the role that it grants. */
  readonly roleRef?: string | undefined
}

/** What no order of the hub overrides. */
export interface LocalPolicy {
  /** Why this object must not be written or deleted; undefined where it may. */
  refuse(target: PolicyTarget): string | undefined
}

/** The policy of a file, or of its absence; the agent's own namespace is out of reach in any case. */
export function localPolicy(file: PolicyFile, ownNamespace = 'flotilla-agent'): LocalPolicy {
  return {
    refuse({ group, kind, namespace, name, roleRef }) {
      const own = namespace === ownNamespace || (namespace === '' && name === ownNamespace)
      if (own) return `${kind} "${name}" belongs to the agent itself`
      const full = group === '' ? kind : `${group}/${kind}`
      const among = (patterns: readonly string[]): boolean =>
        patterns.some((pattern) => matches(pattern, full) || matches(pattern, kind))
      if (namespace === '' && file.clusterScoped === false)
        return `${full} has no namespace, and the agent's policy allows none such`
      if (
        namespace !== '' &&
        file.namespaces !== undefined &&
        !file.namespaces.some((pattern) => matches(pattern, namespace))
      )
        return `namespace "${namespace}" is not among those that the agent's policy allows`
      if (file.denyKinds !== undefined && among(file.denyKinds)) return `the agent's policy denies ${full}`
      if (file.allowKinds !== undefined && !among(file.allowKinds)) return `the agent's policy does not allow ${full}`
      if (roleRef !== undefined && (file.denyClusterRoles ?? []).some((pattern) => matches(pattern, roleRef)))
        return `the agent's policy denies bindings to "${roleRef}"`
      return undefined
    },
  }
}

/** Reads a policy file (JSON). A mistake in it stops the start: a policy that is not understood protects nothing. */
export async function readPolicy(path: string): Promise<PolicyFile> {
  const text = await readFile(path, 'utf8')
  const value: unknown = JSON.parse(text)
  const checker = Compile(PolicyFile)
  if (checker.Check(value)) return value
  const [error] = checker.Errors(value)
  throw new Error(
    `${path}: ${error?.instancePath === '' ? 'policy' : (error?.instancePath ?? 'policy')} ${error?.message ?? 'is malformed'}`,
  )
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(text)
}
