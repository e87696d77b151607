import { describe, expect, test } from 'vitest'
import { detectorNames, type DetectorName } from '../../shared/policy/detectors.ts'
import { detectorBytesMax, encodedCharactersMin } from '../limits.ts'
import { createScanner } from './scanner.ts'

const scanner = createScanner(Object.keys(detectorNames))
const scan = (text: string, only = scanner): string | null => only.scan(Buffer.from(text), 0, Buffer.byteLength(text))?.toString() ?? null
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const url = (text: string): string => Buffer.from(text).toString('base64url')
const hex = (text: string): string => Buffer.from(text).toString('hex')

describe('a run that decodes to a finding is masked whole', () => {
  test.each<readonly [string, DetectorName]>([
    ['john@example.com', 'email'], ['123-45-6789', 'us-ssn'], ['4111 1111 1111 1111', 'credit-card'], [`key ${['AKIA', 'IOSFODNN7EXAMPLE'].join('')}`, 'aws-access-key'], ['+49 30 1234567', 'phone'], ['addr 192.168.1.10', 'ip-address'],
    ['DE89370400440532013000', 'iban'], ['postgres://ann:s3cret@db/x', 'password-in-url'], ['müller@bücher.de ∂∆?>', 'email'],
  ])('%j', (text, name) => {
    for (const encoded of [base64(text), base64(text).replaceAll('=', ''), url(text), hex(text), hex(text).toUpperCase()]) {
      expect(scan(encoded)).toBe(`[masked:${name}]`)
      expect(scan(`see "${encoded}", thanks`)).toBe(`see "[masked:${name}]", thanks`)
    }
  })

  test.each([
    ['Authorization: Basic am9obkBleGFtcGxlLmNvbTpwdw==', 'Authorization: Basic [masked:email]'],
    [`/users/${url('john@example.com')}/edit`, '/users/[masked:email]/edit'],
    [`user-${base64('john@example.com')}`, 'user-[masked:email]'],
    [`\\x${hex('john@example.com')}`, '\\x[masked:email]'],
    [`0x${hex('john@example.com')}`, '0x[masked:email]'],
    [`token=${base64('john@example.com')}&x=1`, 'token=[masked:email]&x=1'],
    [`data:text/plain;base64,${base64('john@example.com')}`, 'data:text/plain;base64,[masked:email]'],
    [`{"a":"x\\n${base64('john@example.com')}"}`, '{"a":"x\\n[masked:email]"}'],
  ])('%s', (text, expected) => {
    expect(scan(text)).toBe(expected)
  })

  test('over lines, as MIME, PostgreSQL and JSON write them', () => {
    const text = `${'nothing here. '.repeat(4)}john@example.com ${'nothing here. '.repeat(6)}`
    for (const lineEnd of ['\n', '\r\n', '\\n', '\\r\\n']) {
      const lines = base64(text).replaceAll(/.{76}/g, `$&${lineEnd}`)
      expect(scan(`begin ${lines} end`)).toBe('begin [masked:email] end')
    }
  })

  test('by the detectors that are wanted, a policy\'s own among them', () => {
    expect(scan(base64('mail john@example.com'), createScanner(['us-ssn']))).toBe(null)
    expect(scan(base64('badge EMP-123456'), createScanner([{ name: 'employee-number', pattern: 'EMP-[0-9]{6}', examples: [] }]))).toBe('[masked:employee-number]')
  })

  test('a number in JSON that is hex of digits becomes a string', () => {
    expect(JSON.parse(scan(`{"n": ${hex('4111111111111111')}}`)!)).toEqual({ n: '[masked:credit-card]' })
  })
})

describe('what is left', () => {
  test('one level only', () => {
    expect(scan(base64(base64('john@example.com')))).toBe(null)
  })

  test('runs shorter than encodedCharactersMin', () => {
    const short = base64('a@b.com')
    expect(short.length).toBeLessThan(encodedCharactersMin)
    expect(scan(short)).toBe(null)
  })

  test('what decodes to bytes that are no text', () => {
    expect(scan(Buffer.concat([Buffer.of(0, 1), Buffer.from('john@example.com')]).toString('base64'))).toBe(null)
  })
})

test('more suspicious text in encoded runs than detectors may look at masks the value whole', () => {
  const much = `${base64('john@example.com '.repeat(1_000))} `.repeat(Math.ceil(detectorBytesMax / 17_000) + 1)
  expect(scan(much)).toBe('[masked]')
})

test('many lines cost a look each, not a look at all that follow', () => {
  // Quadratic, these two megabytes took minutes.
  const lines = `${'QUJD'.repeat(19)}\n`.repeat(28_000)
  expect(scan(lines)).toBe(null)
})
