import { createSecretKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { MaskForm } from '../../../shared/policy/mask-form.ts'
import { hashText, hashUuid } from './hash.ts'
import { textForm } from './text.ts'

const key = createSecretKey(Buffer.alloc(32, 1))
const as = (form: MaskForm, text: string): string | undefined => textForm(form, key)!(text)
const partial = (first: number, last: number): MaskForm => ({ partial: { first, last } })

describe('partial', () => {
  test.each([
    [0, 4, '4111 1111 1111 1111', '****1111'], [2, 2, '123-45-6789', '12****89'], [0, 4, '12345678', '****5678'], [0, 1, 'abcde', '****e'], [1, 0, 'abcde', 'a****'],
    [2, 1, '😀😁cdefg😂', '😀😁****😂'], [0, 2, 'aaaa😀😁', '****😀😁'],
  ])('first %i and last %i of %s', (first, last, text, shown) => expect(as(partial(first, last), text)).toBe(shown))

  test.each([
    ['fewer than four characters would be hidden', 0, 1, 'abcd'], ['less would be hidden than shown', 0, 4, '1234567'], ['less would be hidden than shown at both ends', 3, 3, 'abcdefghijk'],
    ['there is nothing but what would be shown', 2, 2, 'abc'], ['it is empty', 0, 4, ''], ['it has characters of two units', 0, 4, '😀😁😂😃😄'],
  ])('is none where %s', (_, first, last, text) => expect(as(partial(first, last), text)).toBe(undefined))

  test('hides how long the value is', () => {
    expect(as(partial(0, 4), `${'a'.repeat(50)}1234`)).toBe(as(partial(0, 4), `${'b'.repeat(9000)}1234`))
  })
})

describe('email', () => {
  test.each([['alice@example.com', '[masked]@example.com'], ['"a@b"@mail.example.co.uk', '[masked]@mail.example.co.uk'], ['müller@bücher.example', '[masked]@bücher.example'], ['a@xn--bcher-kva.example', '[masked]@xn--bcher-kva.example'], ['a@b.com, c@d.com', '[masked]@d.com']])(
    '%s keeps its domain', (text, shown) => expect(as('email', text)).toBe(shown))

  test.each(['alice', '@example.com', 'a@localhost', 'a@123-45-6789', 'a@1.2.3.4', 'a@[10.0.0.1]', 'a@example.com ', 'a@example..com', 'a@.com', 'a@-a.com', 'a@example.com\n4111', 'a@my secret.com', `a@${'a.'.repeat(130)}com`, `a@${'a'.repeat(64)}.com`, ''])(
    '%j is no plain address: what stands behind its @ may be anything', (text) => expect(as('email', text)).toBe(undefined))
})

describe('date-year of text', () => {
  test.each([['1984-05-06', '1984'], ['1984-5-6', '1984'], ['1984-05-06T07:08:09.123Z', '1984'], ['1984-05-06 07:08:09+02', '1984'], ['06.05.1984', '1984'], ['5/6/1984', '1984']])('%s is %s', (text, year) => expect(as('date-year', text)).toBe(year))
  test.each(['1984', 'May 1984', '1984-05-06 and more', '06.05.84', '4111-1111-1111-1111', '19840506', ''])('%j is no date', (text) => expect(as('date-year', text)).toBe(undefined))
})

describe('hash', () => {
  test('is recognised, the same for the same value and key, and another for any other', () => {
    const hashed = as('hash', 'alice@example.com')!
    expect(hashed).toMatch(/^gh1_[0-9a-f]{32}$/)
    expect(as('hash', 'alice@example.com')).toBe(hashed)
    expect(as('hash', 'Alice@example.com')).not.toBe(hashed)
    expect(hashText(createSecretKey(Buffer.alloc(32, 2)), 'alice@example.com')).not.toBe(hashed)
  })

  test('is HMAC-SHA-256, as any other program computes it', () => {
    // printf 'abc' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101…01
    expect(hashText(key, 'abc')).toBe('gh1_73860612aa6aadf68985b6e9c4233357')
  })

  test('of a UUID is a UUID of version 8', () => {
    expect(hashUuid(key, '6f9619ff-8b86-d011-b42d-00c04fc964ff').toString('hex')).toMatch(/^6768315f[0-9a-f]{4}8[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
  })

  test('is none without a key', () => expect(textForm('hash', null)).toBe(null))
})
