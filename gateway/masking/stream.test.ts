import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { detectorNames } from '../../shared/policy/detectors.ts'
import { streamHeldBytesMax } from '../limits.ts'
import { createScanner, type Scanner } from './scanner.ts'
import { StreamScanner } from './stream.ts'

const everything = createScanner(Object.keys(detectorNames))

function stream(chunks: readonly (string | Buffer)[], scanner: Scanner = everything): string {
  const one = new StreamScanner(scanner)
  return Buffer.concat([...chunks.map((chunk) => one.push(Buffer.from(chunk))), one.flush()]).toString('utf8')
}

const akia = ['AKIA', 'IOSFODNN7EXAMPLE'].join('')
const key = ['-----BEGIN RSA PRIVATE KEY-----', ...Array.from({ length: 6 }, (_, i) => `MIIEow${'IBAAKCAQEA'.repeat(5)}${String(i).padStart(8, '0')}`), '-----END RSA PRIVATE KEY-----'].join('\n')
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const lines = (text: string): string => text.replaceAll(/.{76}/g, '$&\n')

const texts = {
  'a key in a line': { text: `start ${akia} end\nnext\n`, shown: `start [masked:aws-access-key] end\nnext\n` },
  'several lines': { text: `a john@example.com\nb 4111 1111 1111 1111\r\nc ${akia}`, shown: 'a [masked:email]\nb [masked:credit-card]\r\nc [masked:aws-access-key]' },
  'a private key over lines': { text: `before\n${key}\nafter\n`, shown: 'before\n[masked:private-key]\nafter\n' },
  'two private keys': { text: `${key}\nbetween\n${key}`, shown: '[masked:private-key]\nbetween\n[masked:private-key]' },
  'a private key that is cut off': { text: `before\n${key.slice(0, 300)}`, shown: 'before\n[masked:private-key]' },
  'base64 in a line': { text: `token: ${base64(`mail john@example.com now`)} end\n`, shown: 'token: [masked:email] end\n' },
  'base64 in lines': { text: `${lines(base64(`${'x'.repeat(100)} john@example.com ${'y'.repeat(100)}`))}\nend\n`, shown: '[masked:email]\nend\n' },
  'colours inside a key': { text: `\x1b[01;31m\x1b[KAKIA\x1b[m\x1b[KIOSFODNN7EXAMPLE\x1b[0m end\n`, shown: `\x1b[01;31m\x1b[K[masked:aws-access-key]\x1b[m\x1b[0m end\n` },
  'JSON lines': { text: `{"a":"b\\n${akia}"}\n{"to":"john@example.com"}\n`, shown: '{"a":"b\\n[masked:aws-access-key]"}\n{"to":"[masked:email]"}\n' },
  'nothing': { text: 'GET /healthz 200\n'.repeat(20), shown: 'GET /healthz 200\n'.repeat(20) },
}

describe.each(Object.entries(texts))('%s', (_, { text, shown }) => {
  test('is masked in one chunk', () => expect(stream([text])).toBe(shown))

  test('is masked the same however it is cut in two', () => {
    const bytes = Buffer.from(text)
    for (let at = 0; at <= bytes.length; at++) expect(stream([bytes.subarray(0, at), bytes.subarray(at)])).toBe(shown)
  })

  test('is masked the same byte by byte', () => {
    expect(stream([...Buffer.from(text)].map((byte) => Buffer.of(byte)))).toBe(shown)
  })

  test('never shows a detected value at any pause, but what has gone before', () => {
    const bytes = Buffer.from(text)
    for (let at = 0; at <= bytes.length; at++) {
      const one = new StreamScanner(everything)
      const [first, second] = [Buffer.concat([one.push(bytes.subarray(0, at)), one.flush()]), Buffer.concat([one.push(bytes.subarray(at)), one.flush()])]
      expect(Buffer.concat([first, second]).includes(akia)).toBe(false)
      if (!shown.includes('[masked')) expect(Buffer.concat([first, second]).toString()).toBe(shown)
    }
  })
})

test('a chunk without a finding that ends with its line is not copied', () => {
  const chunk = Buffer.from('GET /healthz 200\n'.repeat(1_000))
  const sent = new StreamScanner(everything).push(chunk)
  expect(sent.buffer).toBe(chunk.buffer)
  expect(sent.equals(chunk)).toBe(true)
})

test('what is kept back is bounded, whatever comes', () => {
  for (const text of ['A', 'a,', 'ab ', 'Zm9v\n', `${'QUJD'.repeat(19)}\n`, '-----BEGIN ', '1', '\x1b[0m', '{"a":']) {
    const one = new StreamScanner(everything)
    let [sent, pushed] = [0, 0]
    for (let i = 0; i < 200; i++) {
      const chunk = Buffer.from(text.repeat(Math.ceil(1_000 / text.length)))
      pushed += chunk.length
      sent += one.push(chunk).length
      expect(pushed - sent).toBeLessThanOrEqual(2 * streamHeldBytesMax + chunk.length)
    }
    expect(sent + one.flush().length).toBeGreaterThan(0)
  }
})

test('a secret in an encoded run that is longer than what is kept back is found where it stands', () => {
  const text = base64(`${'lorem ipsum '.repeat(5_000)} john@example.com ${'dolor sit '.repeat(5_000)}`)
  expect(text.length).toBeGreaterThan(4 * streamHeldBytesMax)
  const shown = stream([text.slice(0, 50_000), text.slice(50_000)])
  expect(shown).toContain('[masked:email]')
  expect(Buffer.from(shown.replaceAll(/\[masked:email\]/g, ''), 'base64').toString()).not.toContain('john@example.com')
})

test('writing about keys hides no more than a key is long', () => {
  const shown = stream(['-----BEGIN PRIVATE KEY-----\n', 'a line of a log\n'.repeat(10_000), 'the last line\n'])
  expect(shown).toContain('the last line')
  expect(shown.length).toBeGreaterThan(100_000)
})

test('a detector of a policy whose findings go over lines is followed over chunks', () => {
  const scanner = createScanner([{ name: 'block', pattern: '(?s)<<.+?>>', examples: [] }])
  const text = 'a <<one\ntwo>> b\nc\n'
  for (let at = 0; at <= text.length; at++) expect(stream([text.slice(0, at), text.slice(at)], scanner)).toBe('a [masked:block] b\nc\n')
})

test('a private key that comes line by line, with pauses, is one mark', () => {
  for (const before of ['', 'key: ']) {
    const one = new StreamScanner(everything)
    const shown = `${before}${key}\nafter\n`.match(/.*\n/g)!.map((line) => `${one.push(Buffer.from(line))}${one.flush()}`).join('')
    expect(shown).toBe(`${before}[masked:private-key]\nafter\n`)
  }
})

test('what follows a pause inside a secret is masked', () => {
  const one = new StreamScanner(everything)
  const shown = [one.push(Buffer.from('key AKIAIOSFOD')), one.flush(), one.push(Buffer.from('NN7EXAMPLE\n')), one.flush()].map(String).join('')
  expect(shown).toBe('key AKIAIOSFOD[masked:aws-access-key]\n')
})

const pieces = ['john@example.com', akia, 'AKIA', '4111 1111 1111 1111', '4111', '123-45-6789', '-', ' ', '\n', '\r\n', '.', 'word', '{"a":"', '"}', '\\n', 'eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.abc', 'ghp_', 'a'.repeat(36), base64('mail john@example.com now'), lines(base64(`${'x'.repeat(100)} john@example.com`)), 'é', '密', '\x1b[31m', '\x1b[0m', 'postgres://ann:hunter2@db', '+49 30 1234567', '10.1.2.3', `${key}\n`, `${key.slice(0, 100)}\n`, '-----END RSA PRIVATE KEY-----\n']

/** Findings that overlap are one mark where they are seen together, and may be two where they are not; colours inside a key go with it. */
// oxlint-disable-next-line no-control-regex
const marks = (text: string): string => text.replaceAll(/\x1b\[[0-9;]*m/g, '').replaceAll(/(?:\[masked(?::[a-z-]+)?\])+/g, '#')

describe('random texts in random chunks', () => {
  const chunked = fc.tuple(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 6 })).map(([parts, cuts]) => {
    const bytes = Buffer.from(parts.join(''))
    const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)
    return { bytes, chunks: ends.map((end, at) => bytes.subarray(at === 0 ? 0 : ends[at - 1], end)) }
  })

  test('become what they become in one', () => {
    fc.assert(fc.property(chunked, ({ bytes, chunks }) => {
      expect(marks(stream(chunks))).toBe(marks(stream([bytes])))
    }), { seed: 21, numRuns: 3_000 })
  })

  test('keep every byte when nothing is looked for in them', () => {
    const scanner = createScanner([{ name: 'never', pattern: 'ZZZNEVERZZZ', examples: [] }])
    fc.assert(fc.property(chunked, fc.array(fc.boolean()), ({ bytes, chunks }, pauses) => {
      const one = new StreamScanner(scanner)
      const sent = chunks.flatMap((chunk, at) => [one.push(chunk), pauses[at] === true ? one.flush() : Buffer.alloc(0)])
      expect(Buffer.concat([...sent, one.flush()]).equals(bytes)).toBe(true)
    }), { seed: 22, numRuns: 2_000 })
  })

  test('at any pauses show no more of an address than had come', () => {
    fc.assert(fc.property(fc.nat(40), fc.nat(40), (first, second) => {
      const bytes = Buffer.from(`from ${akia} to x\n`)
      const [one, cuts] = [new StreamScanner(everything), [first, second].map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b)]
      const sent = [0, ...cuts].map((from, at) => Buffer.concat([one.push(bytes.subarray(from, cuts[at] ?? bytes.length)), one.flush()]))
      expect(Buffer.concat(sent).includes(akia)).toBe(false)
      expect(Buffer.concat(sent).toString()).toMatch(/ to x\n$/)
    }), { seed: 23, numRuns: 1_000 })
  })
})

test('long texts, and lines longer than what is kept back, hide the same in chunks of any size', () => {
  const part = fc.constantFrom('an ordinary line of a log with, commas; and so on\n', `key=${akia},`, '"mail":"john@example.com",', 'x'.repeat(300), ' ,', '\n', `${'word '.repeat(50)};`, '{"a":[1,2,3]},'.repeat(40))
  const text = fc.array(part, { minLength: 300, maxLength: 900 }).map((parts) => Buffer.from(parts.join('')))
  fc.assert(fc.property(text, fc.integer({ min: 100, max: 70_000 }), (bytes, size) => {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
    const shown = stream(chunks)
    expect(shown.includes(akia) || shown.includes('john@')).toBe(false)
    // An `x` beside the key makes it a part of a longer word, which is no key.
    expect(marks(shown)).toBe(marks(stream([bytes])))
  }), { seed: 24, numRuns: 60 })
}, 60_000)
