import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { detectorNames, type DetectorName } from '../../shared/policy/detectors.ts'
import { detectorBytesMax } from '../limits.ts'
import type { CustomDetector, DetectorRef } from '../../shared/policy/detector.ts'
import { cleanText, createScanner, scanValue } from './scanner.ts'
import { oracle } from './testing/oracle.ts'

const names = Object.keys(detectorNames) as DetectorName[]
const everything = createScanner(names)

function scan(text: string | Buffer, scanner = everything): string | null {
  const bytes = Buffer.from(text)
  return scanner.scan(bytes, 0, bytes.length)?.toString('utf8') ?? null
}

/** Patterns of every sort a policy may bring: literals, classes, assertions, no literal at all, characters beyond ASCII. */
const own: readonly CustomDetector[] = [
  'EMP-[0-9]{6}', '\\bEMP-[0-9]{4}\\b', '(?i)kunde[: ]+[a-zäöü]+', '[a-z]+@corp', '(?:AAA|BBB)-[0-9]+', 'x.y', '(?s)<<.+?>>', '^ID[0-9]+', 'end$', '(?m)^key=.*$', '[^"]{9}"', 'é+', '[0-9]{7,}',
  '\\p{L}{3}-\\p{N}', '(?:a|b)*c[^a]', '\\x{1F511}', '.é', '\\Bqu', '[^\\x00-\\x7f]{2}', '(?:EMP|ID)+(?:-x)?',
].map((pattern, at) => ({ name: `own-${at}`, pattern, examples: [] }))

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const url = (text: string): string => Buffer.from(text).toString('base64url')
const hex = (text: string): string => Buffer.from(text).toString('hex')

// Pieces of secrets, whole ones, and what stands around them; put together at random they meet, overlap and break off.
const pieces = ['john.doe@example.com', '@', 'a@b.co', '.com', ['AKIA', 'IOSFODNN7EXAMPLE'].join(''), 'AKIA', 'ASIA', 'eyJ', 'eyJhbGciOiJIUzI1NiJ9', '.', '4111', '1111', ' ', '-', '4111111111111111',
  '4111 1111 1111 1111', '123-45-6789', '123', '45', '6789', '78-90 ', 'ghp_', 'a'.repeat(36), 'github_pat_', '_pat_', 'xox', 'xoxb-', 'xapp-1-', 'abcdefghijkl', 'sk_', 'sk_live_', 'rk_test_', 'AIza', 'B'.repeat(35), '://', 'http://', 'u:p@h', ':', '/', 'postgres://ann:',
  'DE89370400440532013000', 'DE89 3704 0044 0532 0130 00', 'DE', '89', 'FR14', '-----BEGIN ', 'PRIVATE KEY-----', '-----BEGIN RSA PRIVATE KEY-----', '-----END RSA PRIVATE KEY-----', '\n', '"', '{"a":', ',', '}', '[', ']', 'é', '密码', '🔑', '\u00a0', 'the quick brown fox', '\x01', '\\', "'", '\\n', '+49 30 1234567', '+1415555', '2671', '(555) 123-', '4567', '555-123-4567', '020 7946 0958', '01 23 45', '0', '00', '10.0.0.1', '192.168', '2001:db8::1', '::', 'fe80:', 'GOCSPX-', 'glpat-', 'npm_', 'sk-proj-', 'secret_key=', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'AccountKey=', 'sig=', 'x@y.iam.gserviceaccount.com', '8Q~',
  'EMP-', '123456', 'kunde: ', 'KUNDE', 'müller', '@corp', 'AAA', 'BBB-', '<<', '>>', 'ID7', 'key=', 'end', 'x', 'y', 'qu', '\u212aunde: x', 'ſ',
  base64('mail john@example.com, please'), base64('123-45-6789'), url('EMP-123456 and é?>~'), hex('john@example.com'), hex('4111111111111111'), base64('nothing to see in this text'), base64('4111 1111 1111 1111 '.repeat(5)).slice(0, 76), '\\x', 'a'.repeat(60), '/', '=', '==']
const value = fc.array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...pieces) }, { weight: 1, arbitrary: fc.string({ maxLength: 8, unit: 'grapheme' }) }), { maxLength: 24 }).map((parts) => Buffer.from(parts.join('')))

/** The oracle is slow where there is much to find, so each set has its own. */
const sets: readonly (readonly [string, readonly DetectorRef[], number])[] = [['the detectors of the gateway', names, 2_000], ['detectors of a policy', own, 1_000], ['all together', [...names, ...own], 500]]

describe.each(sets)('the prefilter misses nothing that the patterns find: %s', (_, wanted, numRuns) => {
  const scanner = createScanner(wanted)
  const expected = oracle(wanted)

  test('on values made of pieces of secrets', () => {
    fc.assert(fc.property(value, (bytes) => {
      expect(scanner.scan(bytes, 0, bytes.length)?.toString('latin1')).toBe(expected(bytes)?.toString('latin1'))
    }), { numRuns })
  })

  test('whatever stands before and behind the value in the buffer', () => {
    fc.assert(fc.property(value, value, value, (before, bytes, after) => {
      const buffer = Buffer.concat([before, bytes, after])
      const alone = scanner.scan(bytes, 0, bytes.length)
      expect(scanner.scan(buffer, before.length, before.length + bytes.length)).toEqual(alone)
    }), { numRuns })
  })

  test('on bytes that are no text at all', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (array) => {
      const bytes = Buffer.from(array)
      expect(scanner.scan(bytes, 0, bytes.length)).toEqual(expected(bytes))
    }), { numRuns: 500 })
  })
})

describe.each(own)('a policy\'s pattern by itself: $pattern', (detector) => {
  test('finds with the prefilter what it finds without', () => {
    const scanner = createScanner([detector])
    const expected = oracle([detector])
    fc.assert(fc.property(value, (bytes) => {
      expect(scanner.scan(bytes, 0, bytes.length)?.toString('latin1')).toBe(expected(bytes)?.toString('latin1'))
    }), { numRuns: 150 })
  })
})

describe('what comes out', () => {
  test('is valid UTF-8 when what went in was', () => {
    fc.assert(fc.property(value, (bytes) => {
      const scanned = everything.scan(bytes, 0, bytes.length) ?? bytes
      expect(Buffer.from(scanned.toString('utf8')).equals(scanned)).toBe(true)
    }), { numRuns: 1_000 })
  })

  test.each([
    ['mail john@example.com or 123-45-6789', 'mail [masked:email] or [masked:us-ssn]'],
    ['密码 用户@例子.公司 é', '密码 [masked:email] é'],
    ['postgres://ann:s3cret@db.example.com/x', 'postgres://ann:[masked:email]/x'],
    ['postgres://ann:s3cret@db/x', 'postgres://ann:[masked:password-in-url]@db/x'],
  ])('%j becomes %j', (text, expected) => {
    expect(scan(text)).toBe(expected)
  })

  test('is null, and no new memory, where there is nothing', () => {
    for (const text of ['', 'hello', 'a - b', '2024-01-01T12:00:00.000Z', 'f47ac10b-58cc-4372-a567-0e02b2c3d479', '3.14159265358979', '@', 'eyJ', 'AKIA', 'https://example.com/']) expect(scan(text)).toBe(null)
  })
})

describe('JSON stays JSON', () => {
  test.each([
    ['{"card": 4111111111111111, "n": 1}', { card: '[masked:credit-card]', n: 1 }],
    ['{"a":[1,4111111111111111]}', { a: [1, '[masked:credit-card]'] }],
    ['{"text":"paid: 4111111111111111, thanks"}', { text: 'paid: [masked:credit-card], thanks' }],
    ['{"quote":"\\"","text":"x,4111111111111111,y"}', { quote: '"', text: 'x,[masked:credit-card],y' }],
    ['[ "john@example.com" ]', ['[masked:email]']],
    ['{"a":-4111111111111111,"b":4111111111111111.5}', { a: '[masked:credit-card]', b: '[masked:credit-card]' }],
    ['{"text":"hello\\njohn@example.com"}', { text: 'hello[masked:email]' }],
    ['{"text":"\\u00e9ric@example.com"}', { text: '[masked:email]' }],
    ['{"text":"a\\\\njohn@example.com","n":1}', { text: 'a[masked:email]', n: 1 }],
    ['{"ip":"10.0.0.1","n":10.5}', { ip: '[masked:ip-address]', n: 10.5 }],
  ])('%s', (text, expected) => {
    expect(JSON.parse(scan(text)!)).toEqual(expected)
  })

  test('a finding that crosses its structure masks the document whole', () => {
    const cut = `{"key":"-----BEGIN ${'PRIVATE'} KEY-----\\nMIIE","n":1}`
    expect(scan(cut)).toBe('"[masked]"')
    expect(scan(`\x01${cut}`)).toBe('\x01"[masked]"')
  })

  test('what only looks like a document is rebuilt all the same', () => {
    expect(scan('[note] john@example.com {')).toBe('[note] [masked:email] {')
    expect(scan('[a, 10.0.0.1, b]')).toBe('[a, [masked:ip-address], b]')
  })

  test('in the binary form of jsonb the version byte stays', () => {
    expect(scan('\x01{"card": 4111111111111111}')).toBe('\x01{"card": "[masked:credit-card]"}')
  })

  test('and an array of text stays one', () => {
    expect(scan('{4111111111111111,john@example.com,x}')).toBe('{[masked:credit-card],[masked:email],x}')
  })
})

describe('a value in which there is too much to look at is masked whole', () => {
  const much = 'john@example.com '.repeat(detectorBytesMax / 8)
  test('as text', () => {
    expect(scan(much)).toBe('[masked]')
  })

  test('as JSON', () => {
    expect(scan(`\x01{"a":"${much}"}`)).toBe('\x01"[masked]"')
  })

  test('and a long value with little in it is not', () => {
    const long = `${'lorem ipsum dolor sit amet '.repeat(40_000)}john@example.com`
    expect(scan(long)?.endsWith(' [masked:email]')).toBe(true)
  })
})

test('only the detectors that were asked for look', () => {
  expect(scan('john@example.com 123-45-6789', createScanner(['us-ssn']))).toBe('john@example.com [masked:us-ssn]')
  expect(scan('john@example.com', createScanner([]))).toBe(null)
})

test('a name that is no detector is refused: it would look for less than policy says', () => {
  expect(() => createScanner(['email', 'e-mail'])).toThrow(/"e-mail" is not a detector/)
  expect(() => createScanner(['toString'])).toThrow(/is not a detector/)
})

test('scanValue gives the whole replacement where a marker would break the form', () => {
  const bytes = Buffer.from('xxjohn@example.comxx')
  const clean = Buffer.from('nothing')
  expect(scanValue(everything, { kind: 'scan' }, bytes, 2, 18)?.toString()).toBe('[masked:email]')
  expect(scanValue(everything, { kind: 'scan', otherwise: null }, bytes, 2, 18)).toBe(null)
  expect(scanValue(everything, { kind: 'scan', otherwise: Buffer.from('whole') }, bytes, 2, 18)?.toString()).toBe('whole')
  expect(scanValue(everything, { kind: 'scan', otherwise: null }, clean, 0, clean.length)).toBe(undefined)
})

test('cleanText gives markers in messages, and messages without findings as they are', () => {
  expect(cleanText(everything, 'invalid input: "john@example.com"')).toBe('invalid input: "[masked:email]"')
  expect(cleanText(everything, 'division by zero')).toBe('division by zero')
})
