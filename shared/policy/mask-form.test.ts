import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareForms, formText, kindOf, maskFormSchema, maskKinds, type MaskForm } from './mask-form.ts'
import { maskSchema } from './mask.ts'

const problemOf = (written: unknown): string => {
  const parsed = maskFormSchema.safeParse(written)
  if (parsed.success) throw new Error('it was accepted')
  return parsed.error.issues.map(({ path, message }) => `${[...path].join('.')}: ${message}`).join('; ')
}

describe('as:', () => {
  test.each(['redact', 'null', 'hash', 'email', 'date-year'])('%s is a word', (word) => expect(maskFormSchema.parse(word)).toBe(word))
  test('YAML\'s null is the word null', () => expect(maskFormSchema.parse(null)).toBe('null'))
  test('what has options is a map', () => {
    expect(maskFormSchema.parse({ partial: { first: 2 } })).toEqual({ partial: { first: 2, last: 0 } })
    expect(maskFormSchema.parse({ range: 1000 })).toEqual({ range: 1000 })
  })

  test.each([
    ['redcat', 'is no kind of mask; did you mean "redact"?'],
    ['partial', 'partial needs its options; write as: { partial: { first: 0, last: 4 } }'],
    ['range', 'range needs its options; write as: { range: 1000 }'],
    [{ email: {} }, 'email has no options; write as: email'],
    [{ null: {} }, 'null has no options'],
    [{ parital: { last: 4 } }, 'did you mean "partial"?'],
    [{}, 'expected one kind of mask'],
    [{ range: 10, partial: { last: 4 } }, 'expected one kind of mask'],
    [{ partial: {} }, 'partial: shows nothing; write as: redact'],
    [{ partial: { first: 0, last: 0 } }, 'partial: shows nothing'],
    [{ partial: { first: -1 } }, 'partial.first: expected 0 or more'],
    [{ partial: { last: 1.5 } }, 'partial.last: expected a whole number'],
    [{ partial: { last: 400 } }, 'partial.last: expected at most 64'],
    [{ range: 1 }, 'range: expected a width of 2 or more'],
    [{ range: 0.5 }, 'range: expected the width of a bucket'],
    [{ range: 1e16 }, 'range: expected'],
    [{ range: '1000' }, 'range: expected'],
    [undefined, 'expected one of null, redact'],
    [7, 'expected one of'],
    [['redact'], 'expected one of'],
  ])('%j is refused: %s', (written, message) => expect(problemOf(written)).toContain(message))

  test('an unknown option is an error that names it', () => {
    const parsed = maskFormSchema.safeParse({ partial: { last: 4, middle: 1 } })
    expect(parsed.error?.issues[0]).toMatchObject({ code: 'unrecognized_keys', keys: ['middle'], path: ['partial'] })
  })
})

test('what detectors find can only be redacted', () => {
  expect(maskSchema.safeParse({ id: 'a', detect: ['email'], as: 'redact' }).success).toBe(true)
  expect(maskSchema.safeParse({ id: 'a', detect: ['email'], as: 'hash' }).error?.issues[0]).toMatchObject({ path: ['as'], message: expect.stringContaining('redacted') })
})

test('a column may have a path into its document; a bad one is an error', () => {
  expect(maskSchema.parse({ id: 'a', columns: 'public.t.payload.$.card', as: 'redact' }).target).toEqual({ kind: 'columns', columns: ['public.t.payload.$.card'] })
  for (const columns of ['public.t.payload.$', 'public.t.payload.$.a[0]', 'public.t.payload.card', 't.payload.$.card']) expect(maskSchema.safeParse({ id: 'a', columns, as: 'redact' }).success).toBe(false)
})

const form: fc.Arbitrary<MaskForm> = fc.oneof(
  fc.constantFrom<MaskForm>('redact', 'null', 'hash', 'email', 'date-year'),
  fc.record({ partial: fc.record({ first: fc.nat(9), last: fc.nat(9) }) }),
  fc.record({ range: fc.integer({ min: 2, max: 20 }) }),
)

describe('the order of strictness', () => {
  test('is total: every two forms compare, the other way round, and through a third', () => {
    fc.assert(fc.property(form, form, form, (a, b, c) => {
      expect(Math.sign(compareForms(a, b))).toBe(0 - Math.sign(compareForms(b, a)))
      expect(compareForms(a, b) === 0).toBe(formText(a) === formText(b))
      if (compareForms(a, b) <= 0 && compareForms(b, c) <= 0) expect(compareForms(a, c)).toBeLessThanOrEqual(0)
    }))
  })

  test('is null, redact, hash, partial, email, date-year, range; showing less and wider buckets come first', () => {
    const forms: readonly MaskForm[] = ['email', { range: 10 }, { partial: { first: 1, last: 4 } }, 'hash', 'redact', { range: 1000 }, { partial: { first: 0, last: 4 } }, 'date-year', 'null']
    expect(forms.toSorted(compareForms).map(formText)).toEqual(['null', 'redact', 'hash', 'partial: { first: 0, last: 4 }', 'partial: { first: 1, last: 4 }', 'email', 'date-year', 'range: 1000', 'range: 10'])
    expect(new Set(forms.map(kindOf))).toEqual(new Set(maskKinds))
  })
})
