import { expect, it } from 'vitest'
import { applyJsonPatch, mergePatched } from './patch.ts'

const app = { metadata: { name: 'web' }, spec: { project: 'default', source: { path: 'a' } } }
const refusal = (apply: () => unknown): string => {
  try {
    return JSON.stringify(apply())
  } catch (error) {
    return (error as Error).message
  }
}

it('merges, and takes away what is null', () => {
  const patch = '{"spec":{"source":{"path":"b"},"project":null}}'
  expect(mergePatched(app, patch)).toEqual({ metadata: { name: 'web' }, spec: { source: { path: 'b' } } })
})

it.each([
  ['', 'error calculating merge patch: Invalid JSON Patch'],
  ['{"spec":', 'error calculating merge patch: Invalid JSON Patch'],
  ['null', 'error calculating merge patch: Invalid JSON Patch'],
  ['5', 'error unmarshaling patched app: json: cannot unmarshal number into Go value of type v1alpha1.Application'],
  ['true', 'error unmarshaling patched app: json: cannot unmarshal bool into Go value of type v1alpha1.Application'],
  ['"x"', 'error unmarshaling patched app: json: cannot unmarshal string into Go value of type v1alpha1.Application'],
  ['[]', 'error unmarshaling patched app: json: cannot unmarshal array into Go value of type v1alpha1.Application'],
])('refuses the merge patch %j as Argo CD does', (text, words) => {
  expect(refusal(() => mergePatched(app, text))).toBe(words)
})

it('refuses an empty JSON patch as Argo CD does', () => {
  expect(refusal(() => applyJsonPatch(app, ''))).toBe('error decoding json patch: unexpected end of JSON input')
})
