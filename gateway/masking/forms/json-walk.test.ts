import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJsonPath, type PathStep } from '../../../shared/policy/json-path.ts'
import type { MaskForm } from '../../../shared/policy/mask-form.ts'
import { maskedJsonDepthMax } from '../../limits.ts'
import { jsonLeaf } from './json-leaf.ts'
import { maskMembers } from './json-walk.ts'

function stepsOf(path: string): readonly PathStep[] {
  const parsed = parseJsonPath(path)
  if (!parsed.ok) throw new Error(parsed.problem)
  return parsed.steps
}

const mask = (document: string, paths: readonly string[], form: MaskForm = 'redact'): string | undefined =>
  maskMembers(Buffer.from(document), paths.map((path) => ({ steps: stepsOf(path), leaf: jsonLeaf(form, null) })))?.toString()

describe('the members of a path are masked and every other byte stays', () => {
  test.each([
    ['$.card', '{"card":"4111","n": 1.10 , "x":null}', '{"card":"[masked]","n": 1.10 , "x":null}'],
    ['$.card', '{"cards":"4111","Card":"x","a":{"card":1}}', '{"cards":"4111","Card":"x","a":{"card":1}}'],
    ['$.a.b', '{"a":{"b":{"c":[1,2]},"d":1},"b":2}', '{"a":{"b":"[masked]","d":1},"b":2}'],
    ['$.list[*].card', '{"list":[{"card":1,"x":2},{"x":3},4,null,{"card":"a"}]}', '{"list":[{"card":"[masked]","x":2},{"x":3},4,null,{"card":"[masked]"}]}'],
    ['$.list[*]', '{"list":[1,"a",null,{"b":[]},[]]}', '{"list":["[masked]","[masked]",null,"[masked]","[masked]"]}'],
    ['$..card', '{"card":1,"a":[[{"card":{"card":2}}],{"b":{"card":[3]}}],"c":"card"}', '{"card":"[masked]","a":[[{"card":"[masked]"}],{"b":{"card":"[masked]"}}],"c":"card"}'],
    ['$.a.*', '{"a":{"x":1,"y":[2]},"b":3}', '{"a":{"x":"[masked]","y":"[masked]"},"b":3}'],
    ['$.a..b.c', '{"a":{"x":{"b":{"c":1,"b":{"c":2}}}}}', '{"a":{"x":{"b":{"c":"[masked]","b":{"c":"[masked]"}}}}}'],
    ['$."a.b"', '{"a.b":1,"a":{"b":2}}', '{"a.b":"[masked]","a":{"b":2}}'],
    ['$.x', '[]', '[]'], ['$.x', '"x"', '"x"'], ['$.x', ' 12 ', ' 12 '], ['$.x', '{}', '{}'],
  ])('%s of %s', (path, document, expected) => expect(mask(document, [path])).toBe(expected))

  test('arrays in the way are stepped into, and what is no array counts as one: shapes change over the years', () => {
    expect(mask('[{"card":1},[{"card":2}]]', ['$.card'])).toBe('[{"card":"[masked]"},[{"card":"[masked]"}]]')
    expect(mask('{"list":{"card":1}}', ['$.list[*].card'])).toBe('{"list":{"card":"[masked]"}}')
    expect(mask('{"list":[[1],2]}', ['$.list[*][*]'])).toBe('{"list":[["[masked]"],"[masked]"]}')
    expect(mask('{"list":"a"}', ['$.list[*]'])).toBe('{"list":"[masked]"}')
  })

  test('every one of double members is masked, whichever a reader takes', () => {
    expect(mask('{"card":1,"card":2,"x":{"card":3},"card":{"card":4}}', ['$.card'])).toBe('{"card":"[masked]","card":"[masked]","x":{"card":3},"card":"[masked]"}')
  })

  test('a member is known by its name, however it is spelt', () => {
    expect(mask(String.raw`{"\u0063ard":1,"c\u0061r\u0064":2,"c\\ard":3,"\"card\"":4}`, ['$.card'])).toBe(String.raw`{"\u0063ard":"[masked]","c\u0061r\u0064":"[masked]","c\\ard":3,"\"card\"":4}`)
    expect(mask(String.raw`{"a\"b\\":1,"\ud83d\ude00":2}`, ['$."a\\"b\\\\"', '$.😀'])).toBe(String.raw`{"a\"b\\":"[masked]","\ud83d\ude00":"[masked]"}`)
  })

  test('numbers no double holds stay as they are, and are masked exactly', () => {
    const number = '123456789012345678901234567890.10000000000000000001'
    expect(mask(`{"n":${number},"m":1e400,"card":${number}}`, ['$.card'])).toBe(`{"n":${number},"m":1e400,"card":"[masked]"}`)
    expect(mask(`{"n":${number},"e":-1.5e3}`, ['$.*'], { range: 1000 })).toBe('{"n":123456789012345678901234567000,"e":-2000}')
    expect(mask(`{"n":1e99999,"m":1e999}`, ['$.*'], { range: 1000 })).toBe(`{"n":"[masked]","m":1${'0'.repeat(999)}}`)
  })

  test('brackets and quotes inside strings are text', () => {
    expect(mask(String.raw`{"a":"}]\"{","b":["\\"],"card":"\\\"}"}`, ['$.card'])).toBe(String.raw`{"a":"}]\"{","b":["\\"],"card":"[masked]"}`)
  })
})

test('where paths meet, the first form holds', () => {
  const members = (first: MaskForm, second: MaskForm) => [{ steps: stepsOf('$..card'), leaf: jsonLeaf(first, null) }, { steps: stepsOf('$.card'), leaf: jsonLeaf(second, null) }]
  expect(maskMembers(Buffer.from('{"card":"41111111"}'), members('redact', { partial: { first: 0, last: 2 } }))?.toString()).toBe('{"card":"[masked]"}')
  expect(mask('{"a":{"b":1}}', ['$.a', '$.a.b'])).toBe('{"a":"[masked]"}')
})

test.each(['', ' ', '{', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1}}', '{"a" 1}', '{a:1}', '{"a":1 "card":2}', '["x', '[1 2]', '{"card":[1,', '{"card":"x', '{"ca\\xrd":1}', '{"a":}', '[,]'])('%s is no document: nothing of it is given out', (document) => {
  expect(mask(document, ['$.card'])).toBe(undefined)
})

test('a document deeper than the limit is not given out where a path may lead into its depth; else depth is no matter', () => {
  const deep = `${'[{"a":'.repeat(maskedJsonDepthMax)}1${'}]'.repeat(maskedJsonDepthMax)}`
  expect(mask(deep, ['$..card'])).toBe(undefined)
  expect(mask(`{"x":${deep},"card":${deep}}`, ['$.card'])).toBe(`{"x":${deep},"card":"[masked]"}`)
})

test('many ways to the same place cost one', () => {
  const depth = maskedJsonDepthMax - 1
  const document = `${'{"a":'.repeat(depth)}{"b":1,"c":2}${'}'.repeat(depth)}`
  expect(mask(document, ['$..a..a..a..a..a..a..a..a..a..a..a..a..a..a..b', '$..c'])).toContain('{"b":"[masked]","c":"[masked]"}')
})

// Against masking of the parsed value by a few dumb lines.
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

function naive(value: Json, steps: readonly PathStep[]): Json {
  const [step, ...rest] = steps
  if (step === undefined) return value === null ? null : '[masked]'
  if (Array.isArray(value)) return (value as readonly Json[]).map((one) => naive(one, step.kind === 'element' ? rest : steps))
  if (step.kind === 'element') return naive(value, rest)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => {
    if (step.kind === 'any-member') return [key, naive(one, rest)]
    const isNamed = step.name === key
    if (step.kind === 'member') return [key, isNamed ? naive(one, rest) : one]
    const deeper = naive(one, steps)
    return [key, isNamed ? naive(deeper, rest) : deeper]
  }))
}

const key = fc.constantFrom('a', 'b', 'card', 'é"\\', '😀')
const { document } = fc.letrec<{ document: Json }>((tie) => ({
  document: fc.oneof({ maxDepth: 6, depthSize: 'medium' }, fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.string()), fc.array(tie('document'), { maxLength: 4 }), fc.dictionary(key, tie('document'), { maxKeys: 4 })),
}))
const path = fc.array(fc.oneof(key.map((name) => `.${JSON.stringify(name)}`), key.map((name) => `..${JSON.stringify(name)}`), fc.constantFrom('[*]', '.*')), { minLength: 1, maxLength: 4 }).map((steps) => `$${steps.join('')}`)

test('any document and path: as masking the parsed value would', () => {
  fc.assert(fc.property(document, path, fc.constantFrom(undefined, 1), fc.boolean(), (value, one, indent, isEscaped) => {
    const text = JSON.stringify(value, null, indent)
    const written = isEscaped ? text.replaceAll(/[^\x20-\x7e\n]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`) : text
    expect(JSON.parse(mask(written, [one])!)).toEqual(naive(value, stepsOf(one)))
  }), { numRuns: 500 })
})
