import { jsonSyntaxError } from '@flotilla/shared/lang/go-json-error'
import { ApiError, code } from './errors.ts'

/** RFC 7396. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {}
  const result: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = applyMergePatch(result[key], value)
  }
  return result
}

/** What a merge patch of an application makes of it, refusing in the words of the library that Argo CD uses. */
export function mergePatched(target: object, text: string): object {
  let patch: unknown
  try {
    patch = JSON.parse(text)
  } catch (error) {
    throw new ApiError(code.unknown, 'error calculating merge patch: Invalid JSON Patch', { cause: error })
  }
  if (patch === null) throw new ApiError(code.unknown, 'error calculating merge patch: Invalid JSON Patch')
  if (typeof patch !== 'object' || Array.isArray(patch)) {
    const message = `json: cannot unmarshal ${goKind(patch)} into Go value of type v1alpha1.Application`
    throw new ApiError(code.unknown, `error unmarshaling patched app: ${message}`)
  }
  return applyMergePatch(target, patch) as object
}

function goKind(value: unknown): string {
  if (typeof value === 'boolean') return 'bool'
  return Array.isArray(value) ? 'array' : typeof value
}

interface Step {
  op: string
  path: string
  value?: unknown
  from?: string
}

/** RFC 6902, refusing in the words of the library that Argo CD uses. */
export function applyJsonPatch(target: unknown, text: string): unknown {
  let steps: Step[]
  try {
    steps = JSON.parse(text) as Step[]
  } catch (error) {
    throw new ApiError(code.unknown, `error decoding json patch: ${jsonSyntaxError(text)}`, { cause: error })
  }
  if (!Array.isArray(steps)) {
    const message = 'error decoding json patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch'
    throw new ApiError(code.unknown, message)
  }
  const document = structuredClone(target)
  for (const step of steps) apply(document, step)
  return document
}

function apply(document: unknown, step: Step): void {
  const fail = (why: string): never => {
    throw new ApiError(code.unknown, `error applying patch: ${why}`)
  }
  const { parent, key } = locate(document, step.path, () =>
    fail(`${step.op} operation does not apply: doc is missing path: "${step.path}": missing value`),
  )
  switch (step.op) {
    case 'add':
      if (Array.isArray(parent)) parent.splice(key === '-' ? parent.length : Number(key), 0, step.value)
      else parent[key] = step.value
      return
    case 'replace':
      if (!(key in parent)) fail(`replace operation does not apply: doc is missing key: ${step.path}: missing value`)
      setIn(parent, key, step.value)
      return
    case 'remove':
      if (!(key in parent)) {
        fail(`error in remove for path: '${step.path}': Unable to remove nonexistent key: ${key}: missing value`)
      }
      if (Array.isArray(parent)) parent.splice(Number(key), 1)
      else delete parent[key]
      return
    case 'test':
      if (JSON.stringify(getIn(parent, key)) !== JSON.stringify(step.value)) {
        fail(`testing path ${step.path} failed: test failed`)
      }
      return
    case 'copy':
    case 'move': {
      const from = locate(document, step.from ?? '', () => fail(`${step.op} operation does not apply: missing value`))
      const value = structuredClone(getIn(from.parent, from.key))
      if (step.op === 'move') apply(document, { op: 'remove', path: step.from ?? '' })
      return apply(document, { op: 'add', path: step.path, value })
    }
    default:
      fail(`Unexpected kind: ${step.op}`)
  }
}

type Container = Record<string, unknown> | unknown[]

function getIn(parent: Container, key: string): unknown {
  return Array.isArray(parent) ? parent[Number(key)] : parent[key]
}

function setIn(parent: Container, key: string, value: unknown): void {
  if (Array.isArray(parent)) parent[Number(key)] = value
  else parent[key] = value
}

function locate(document: unknown, path: string, missing: () => never): { parent: Container; key: string } {
  const steps = path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const key = steps.pop() ?? ''
  let parent = document as Container
  for (const step of steps) {
    const next = getIn(parent, step)
    if (typeof next !== 'object' || next === null) return missing()
    parent = next as Container
  }
  return { parent, key }
}
