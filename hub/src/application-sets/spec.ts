import type { ApplicationSource, ApplicationSpec } from '@flotilla/shared/argo/application'

/**
 * A spec without what makes no difference: the project that is meant where none is named, and no empty policies and
 * tool options, so that leaving them out and writing them empty is the same.
 */
export function normalizedSpec(spec: ApplicationSpec): ApplicationSpec {
  const { syncPolicy, ...rest } = spec
  return {
    ...rest,
    project: spec.project || 'default',
    ...(saysNothing(syncPolicy) ? {} : { syncPolicy }),
    ...(spec.sources?.length ? { sources: spec.sources.map(normalizedSource) } : {}),
    ...(!spec.sources?.length && spec.source ? { source: normalizedSource(spec.source) } : {}),
  }
}

/** `automated: {}` says much: that it is on. */
function saysNothing(policy: ApplicationSpec['syncPolicy']): boolean {
  return Object.entries(policy ?? {}).every(([key, value]) =>
    key === 'syncOptions' ? isZero(value) : value === undefined || value === null,
  )
}

const tools = ['helm', 'kustomize', 'directory'] as const

function normalizedSource(source: ApplicationSource): ApplicationSource {
  const next = { ...source }
  for (const tool of tools) if (next[tool] !== undefined && isZero(next[tool])) delete next[tool]
  return next
}

/** Whether nothing is said: empty texts, lists and objects, `false` and 0, however deep. */
function isZero(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === 0 || value === false) return true
  if (typeof value !== 'object') return false
  if (Array.isArray(value)) return value.length === 0
  return Object.values(value).every((each) => isZero(each))
}

/** The spec of an application whose syncs a rollout begins: automated sync would not wait for its turn. */
export function withoutAutomation(spec: ApplicationSpec): ApplicationSpec {
  if (!spec.syncPolicy?.automated) return spec
  const automated = { ...spec.syncPolicy.automated, enabled: false }
  return { ...spec, syncPolicy: { ...spec.syncPolicy, automated } }
}
