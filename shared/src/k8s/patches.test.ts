import { describe, expect, it } from 'vitest'
import { duplicateFields } from './duplicate-fields.ts'
import { JsonPatchError, jsonPatch } from './json-patch.ts'
import { mergePatch } from './merge-patch.ts'

describe('jsonPatch', () => {
  it.each([
    ['adds', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['appends', { a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    ['inserts', { a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    ['removes', { a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    ['counts from the end', { a: [1, 2] }, [{ op: 'remove', path: '/a/-1' }], { a: [1] }],
    ['moves', { a: 1 }, [{ op: 'move', from: '/a', path: '/b' }], { b: 1 }],
    ['copies', { a: { b: 1 } }, [{ op: 'copy', from: '/a', path: '/c' }], { a: { b: 1 }, c: { b: 1 } }],
    ['tests', { a: 1 }, [{ op: 'test', path: '/a', value: 1 }], { a: 1 }],
    ['unescapes', { 'a/b': 1 }, [{ op: 'replace', path: '/a~1b', value: 2 }], { 'a/b': 2 }],
    ['skips what stands before the slash', {}, [{ op: 'add', path: 'x/a', value: 1 }], { a: 1 }],
    ['takes no value for null', { a: 1 }, [{ op: 'replace', path: '/a' }], { a: null }],
  ])('%s', (_, document, patch, result) => {
    expect(jsonPatch(document, patch)).toEqual(result)
  })

  it.each([
    ['a missing member', [{ op: 'remove', path: '/b' }]],
    ['a failed test', [{ op: 'test', path: '/a', value: 2 }]],
    ['an unknown operation', [{ op: 'frob', path: '/a' }]],
    ['a path without a slash', [{ op: 'remove', path: 'a' }]],
  ])('refuses %s', (_, patch) => {
    expect(() => jsonPatch({ a: 1 }, patch)).toThrow(JsonPatchError)
  })
})

describe('mergePatch', () => {
  it.each([
    [{ a: 1 }, { a: null }, {}],
    [{ a: { b: 1 } }, { a: { c: 2 } }, { a: { b: 1, c: 2 } }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{}, { a: { b: null } }, { a: {} }],
    [{ a: 1 }, [1], [1]],
  ])('%j with %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result)
  })
})

it.each([
  ['{"a":1,"b":{"a":1}}', []],
  ['{"a":1,"a":2,"a":3}', ['a']],
  ['{"x":[{"y":1},{"y":1,"z":"y","y":2}]}', ['x[1].y']],
  ['{"a":{"b\\"":1,"b\\"":2}}', ['a.b"']],
])('doubled fields of %s', (text, paths) => {
  expect(duplicateFields(text)).toEqual(paths)
  expect(duplicateFields(text, JSON.parse(text))).toEqual(paths)
})
