import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGlob, compileGlobs, type Separator } from './glob.ts'

const cases: readonly (readonly [pattern: string, separator: Separator | null, matches: readonly string[], misses: readonly string[]])[] = [
  ['*', '.', ['', 'a', 'a.b', 'a/b', '\n'], []],
  ['shop', '.', ['shop'], ['Shop', 'shop2', 'sho', '']],
  ['shop-*', '.', ['shop-', 'shop-eu'], ['shop', 'shop-eu.west', 'xshop-eu']],
  ['*.customers', '.', ['public.customers', '.customers'], ['a.b.customers', 'customers', 'public.customers2']],
  ['a*c*e', '.', ['ace', 'abcde', 'aXcXcXe'], ['ac.e', 'a.ce', 'abcd', 'ae']],
  ['refs/heads/*', '/', ['refs/heads/main', 'refs/heads/'], ['refs/heads/a/b', 'refs/tags/main']],
  ['refs/**', '/', ['refs/heads/a/b', 'refs/'], ['refs', 'xrefs/a']],
  ['a/**/z', '/', ['a/b/z', 'a/b/c/z', 'a//z'], ['a/z', 'a/b/zz']],
  ['a/**/b*/c', '/', ['a/x/y/bb/c', 'a/x/b/c'], ['a/x/b/b/d', 'a/x/y/b/x/c']],
  ['a**b', '.', ['ab', 'axxb'], ['a.b']],
  ['a.b*', null, ['a.b', 'a.b.c.d'], ['a-b']],
  ['[a-z]?', '.', ['[a-z]?'], ['ab', 'a']],
  ['a.c', '.', ['a.c'], ['abc']],
]

describe('globs', () => {
  test.each(cases)('%s (segments by %s)', (pattern, separator, matches, misses) => {
    const glob = compileGlob(pattern, separator)
    expect(matches.filter((text) => !glob(text))).toEqual([])
    expect(misses.filter((text) => glob(text))).toEqual([])
  })

  test('of no patterns nothing matches', () => expect(compileGlobs([], '.')('')).toBe(false))

  test('agree with a slow oracle', () => {
    const text = (alphabet: string, max: number) => fc.array(fc.constantFrom(...alphabet), { maxLength: max }).map((all) => all.join(''))
    const separator = fc.constantFrom<Separator | null>('.', '/', null)
    fc.assert(fc.property(text('ab./**', 9), text('ab./', 12), separator, (pattern, subject, by) => {
      expect(compileGlob(pattern, by)(subject)).toBe(oracle(pattern, subject, by))
    }), { numRuns: 20_000 })
  })

  test('many stars take no exponential time', () => {
    const glob = compileGlob(`${'a*'.repeat(200)}b`, '.')
    const start = performance.now()
    expect(glob('a'.repeat(20_000))).toBe(false)
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})

/** The definition, by trying everything; with a memo so that the fuzz ends. */
function oracle(pattern: string, text: string, separator: Separator | null): boolean {
  if (pattern === '*') return true
  const memo = new Map<string, boolean>()
  const match = (p: number, t: number): boolean => {
    const key = `${p},${t}`
    const known = memo.get(key)
    if (known !== undefined) return known
    const result = step(p, t)
    memo.set(key, result)
    return result
  }
  const step = (p: number, t: number): boolean => {
    if (p === pattern.length) return t === text.length
    if (pattern[p] !== '*') return t < text.length && pattern[p] === text[t] && match(p + 1, t + 1)
    let end = p
    while (pattern[end] === '*') end++
    const crosses = separator === null || (separator === '/' && end - p > 1)
    for (let to = t; ; to++) {
      if (match(end, to)) return true
      if (to >= text.length || (!crosses && text[to] === separator)) return false
    }
  }
  return match(0, 0)
}
