import { describe, expect, test } from 'vitest'
import type { Json } from '../objects.ts'
import { applyJsonPatch } from './json-patch.ts'

const base: Json = { a: { b: [1, 2, 3] }, 'x/y': 1, 'm~n': 2 }

// RFC 6902, appendix A, and what Kubernetes adds.
test.each<[string, Json, Json]>([
  ['adds a member', [{ op: 'add', path: '/a/c', value: 7 }], { ...base, a: { b: [1, 2, 3], c: 7 } }],
  ['adds into a list', [{ op: 'add', path: '/a/b/1', value: 9 }], { ...base, a: { b: [1, 9, 2, 3] } }],
  ['adds to the end', [{ op: 'add', path: '/a/b/-', value: 4 }], { ...base, a: { b: [1, 2, 3, 4] } }],
  ['removes', [{ op: 'remove', path: '/a/b/0' }], { ...base, a: { b: [2, 3] } }],
  ['replaces', [{ op: 'replace', path: '/x~1y', value: 5 }], { ...base, 'x/y': 5 }],
  ['unescapes a tilde after the slash', [{ op: 'replace', path: '/m~0n', value: 5 }], { ...base, 'm~n': 5 }],
  ['copies, and the copy is its own', [{ op: 'copy', from: '/a', path: '/c' }, { op: 'add', path: '/c/b/-', value: 0 }], { ...base, c: { b: [1, 2, 3, 0] } }],
  ['moves', [{ op: 'move', from: '/a/b', path: '/b' }], { ...base, a: {}, b: [1, 2, 3] }],
  ['goes on after a test that holds', [{ op: 'test', path: '/a', value: { b: [1, 2, 3] } }, { op: 'remove', path: '/a' }], { 'x/y': 1, 'm~n': 2 }],
  ['replaces the whole', [{ op: 'replace', path: '', value: 1 }], 1],
  ['keeps __proto__ a plain member', [{ op: 'add', path: '/__proto__', value: 1 }], JSON.parse('{"a":{"b":[1,2,3]},"x/y":1,"m~n":2,"__proto__":1}') as Json],
])('%s', (_name, patch, expected) => {
  expect(applyJsonPatch(base, patch)).toEqual(expected)
  expect(base).toEqual({ a: { b: [1, 2, 3] }, 'x/y': 1, 'm~n': 2 })
})

describe('refuses', () => {
  test.each<[string, Json | undefined]>([
    ['a test that fails', [{ op: 'test', path: '/a/b/0', value: 2 }]],
    ['a path that is not there', [{ op: 'remove', path: '/nope' }]],
    ['replacing what is not there', [{ op: 'replace', path: '/a/c', value: 1 }]],
    ['an index beyond the end', [{ op: 'add', path: '/a/b/9', value: 1 }]],
    ['an index with a zero before it', [{ op: 'remove', path: '/a/b/01' }]],
    ['moving into itself', [{ op: 'move', from: '/a', path: '/a/b' }]],
    ['an operation of its own invention', [{ op: 'merge', path: '/a', value: 1 }]],
    ['no list', { op: 'remove', path: '/a' }],
    ['a pointer without a slash', [{ op: 'remove', path: 'a' }]],
    ['the constructor of a prototype', [{ op: 'replace', path: '/constructor/prototype', value: 1 }]],
  ])('%s', (_name, patch) => expect(() => applyJsonPatch(base, patch)).toThrow())
})
