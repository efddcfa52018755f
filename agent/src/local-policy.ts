import { readFile } from 'node:fs/promises'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Policy } from './policy.ts'

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
  },
  { additionalProperties: false },
)
export type PolicyFile = Static<typeof PolicyFile>

/** The policy of a file, or of its absence; the agent's own namespace is out of reach in any case. */
export function localPolicy(file: PolicyFile, ownNamespace = 'flotilla-agent'): Policy {
  return {
    refuses({ group, kind, namespace, name }) {
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
