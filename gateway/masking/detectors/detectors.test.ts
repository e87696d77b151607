// What each detector finds and what it leaves alone. Secrets are put together at run time, so that no scanner of repositories stumbles over them.
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { detectorNames, type DetectorName } from '../../../shared/policy/detectors.ts'
import { findIn } from '../findings.ts'
import { createScanner } from '../scanner.ts'
import { detectors } from './all.ts'

const join = (...parts: readonly string[]): string => parts.join('')
const alnum = (length: number): string => randomBytes(length * 2).toString('base64').replaceAll(/[^A-Za-z0-9]/g, '').slice(0, length).padEnd(length, 'x')
const upper = (length: number): string => alnum(length).toUpperCase()
const pem = (label: string): string => join('-----BEGIN ', label, '-----\n', alnum(64), '\n', alnum(20), '==\n-----END ', label, '-----')
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const token = join(part({ alg: 'RS256', typ: 'JWT' }), '.', part({ sub: '1234567890', name: 'Ann' }), '.', alnum(86))
const encrypted = [part({ alg: 'dir', enc: 'A256GCM' }), '', alnum(16), alnum(40), alnum(22)].join('.')

interface Cases {
  /** Text, and what must be found in it. */
  readonly found: readonly (readonly [text: string, ...finds: string[]])[]
  readonly left: readonly string[]
}
const all = (text: string): readonly [string, string] => [text, text]

const key = join('AKIA', upper(16))
const visa = join('4111', '1111', '1111', '1111')
const cases: Record<DetectorName, Cases> = {
  email: {
    found: [
      all('john.doe@example.com'), all("o'brien+tag@mail.example.co.uk"), all('a@b.co'), all('ann@xn--bcher-kva.xn--p1ai'), all('müller@bücher.de'), all('用户@例子.公司'),
      ['mail john@example.com, or ANN_1@EXAMPLE.ORG.', 'john@example.com', 'ANN_1@EXAMPLE.ORG'], ['<john@example.com>', 'john@example.com'], ['{"email":"john@example.com"}', 'john@example.com'],
      ['mailto:john@example.com?subject=x', 'john@example.com'], ['a@b@example.com', 'b@example.com'],
    ],
    left: ['@gatehouse/core', 'user@localhost', 'a @ b.com', 'john@', '@example.com', 'react@19.3.1', 'x@.com', 'array[@]', 'see you @ 5.30'],
  },
  'aws-access-key': {
    found: [all(key), all(join('ASIA', upper(16))), [`aws_access_key_id = ${key}\n`, key], [`"${key}"`, key], [`zz-${key}-zz`, key]],
    left: ['AKIA', join('AKIA', upper(15)), join(key, 'X'), join('X', key), join('akia', alnum(16).toLowerCase()), 'KIA SPORTAGE', join('AKIA', upper(7), '-', upper(8))],
  },
  'private-key': {
    found: [
      ...['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'OPENSSH PRIVATE KEY', 'PGP PRIVATE KEY BLOCK'].map((label) => all(pem(label))),
      all(pem('PRIVATE KEY').slice(0, 60)), all(pem('RSA PRIVATE KEY').replaceAll('\n', '\\n')),
    ],
    left: [pem('CERTIFICATE'), pem('PUBLIC KEY'), '-----BEGIN', 'BEGIN PRIVATE KEY', '--- BEGIN ---'],
  },
  jwt: {
    found: [all(token), all(encrypted), [`Bearer ${token}`, token], [`token=${token}&x=1`, token], all(join(part({ typ: 'JWT', alg: 'none' }), '.', part({ sub: 'x' }), '.')), [join('eyJx.', token), token]],
    left: ['eyJ', 'eyJhbGciOiJIUzI1NiJ9', 'eyJ.eyJ.x', 'eyJhbGciOiJIUzI1NiJ9.no-third-part', 'eyJsort.then.that', 'www.example.com'],
  },
  'credit-card': {
    found: [
      all(visa), all('4111 1111 1111 1111'), all('4111-1111-1111-1111'), all('5500 0055 5555 5559'), all('2223 0031 2200 3222'), all('3782 822463 10005'), all('6011111111111117'), all('3530111333300000'), all('30569309025904'),
      [`card ${visa}.`, visa], ['order 12 4111 1111 1111 1111 5', '4111 1111 1111 1111'], [`{"card": ${visa}}`, visa], ['4111 1111 1111 1111 5500 0055 5555 5559', '4111 1111 1111 1111', '5500 0055 5555 5559'], [`${visa},${visa}`, visa, visa],
    ],
    left: ['4111111111111112', '411111111111', '0000000000000000', '1234567890123456', `a${visa}`, `${visa}b`, `${visa}1111`, '4111  1111  1111  1111', '2024-01-01 12:00:00', '+1 555 0100 200', '9111111111111111', '550e8400-e29b-41d4-a716-446655440000'],
  },
  'us-ssn': {
    found: [all('123-45-6789'), all('123 45 6789'), ['ssn: 123-45-6789.', '123-45-6789'], ['(899-99-9999)', '899-99-9999'], ['000-00-0000 123-45-6789', '123-45-6789'], ['9 123-45-6789', '123-45-6789']],
    left: ['000-12-3456', '666-12-3456', '900-12-3456', '123-00-4567', '123-45-0000', '123456789', '123-45 6789', '0123-45-6789', '123-45-67890', 'A123-45-6789', '1-123-45-6789', '123-45-6789-1', '12-345-6789', '555-0100'],
  },
  'github-token': {
    found: [...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((prefix) => all(join(prefix, alnum(36)))), all(join('github', '_pat_', alnum(22), '_', alnum(59)))],
    left: ['ghp_', join('ghp_', alnum(35)), join('ghx_', alnum(36)), 'github_pat_short', 'high_prefix_ghp'],
  },
  'slack-token': {
    found: [all(join('xox', 'b-', '123456789012-', alnum(24))), all(join('xox', 'p-', alnum(30))), all(join('xapp', '-1-', alnum(40))), [`SLACK="${join('xox', 'b-', 'abcdefghijkl')}"`, join('xox', 'b-', 'abcdefghijkl')]],
    left: ['xox', 'xoxb-', 'xoxz-abcdefghijkl', 'xapp-x-abcdefghijkl', 'boxox-1234567890'],
  },
  'stripe-key': {
    found: [all(join('sk_', 'live_', alnum(24))), all(join('sk_', 'test_', alnum(24))), all(join('rk_', 'live_', alnum(90))), [`key:${join('sk_', 'live_', 'abcdefghij')};`, join('sk_', 'live_', 'abcdefghij')]],
    left: [join('pk_', 'live_', alnum(24)), 'sk_live_', 'sk_prod_abcdefghijkl', 'task_live_x', 'risk_test'],
  },
  'google-api-key': {
    found: [all(join('AIza', alnum(35))), [`?key=${join('AIza', 'b'.repeat(35))}&x`, join('AIza', 'b'.repeat(35))]],
    left: ['AIza', join('AIza', alnum(34)), join('aiza', alnum(35)), 'AIzawa'],
  },
  'password-in-url': {
    found: [
      ['postgres://ann:s3cr%40t@db.example.com:5432/shop', 's3cr%40t'], ['redis://:hunter2@cache:6379', 'hunter2'], ['https://u:p@ss@host/x', 'p@ss'], ['"amqp://u:pw@h" and "ftp://v:qw@h"', 'pw', 'qw'],
      ['jdbc:mysql://root:пароль@db/x', 'пароль'],
    ],
    left: ['https://example.com:443/a@b', 'https://ann@example.com/', 'http://a/b:c@d', '://:@', 'see http://x: y@z', 'https://example.com/?u=a:b@c'],
  },
  iban: {
    found: [all('DE89370400440532013000'), all('DE89 3704 0044 0532 0130 00'), all('GB29NWBK60161331926819'), all('NO9386011117947'), ['IBAN: FR14 2004 1010 0505 0001 3M02 606 THEN 1', 'FR14 2004 1010 0505 0001 3M02 606'], ['AT61 1904 3002 3457 3201/BE68 5390 0754 7034', 'AT61 1904 3002 3457 3201', 'BE68 5390 0754 7034'], ['XX12 GB29NWBK60161331926819', 'GB29NWBK60161331926819']],
    left: ['DE88370400440532013000', 'XX89370400440532013000', 'ADE89370400440532013000', 'DE8937040044053201300', 'DE893704004405320130000', 'de89370400440532013000', 'AB12CD34EF56AB78CD90EF12'],
  },
}

test('the table has every detector, and every detector has the name it is filed under', () => {
  expect(Object.keys(cases).toSorted()).toEqual(Object.keys(detectorNames).toSorted())
  for (const [name, detector] of Object.entries(detectors)) expect(detector.name).toBe(name)
})

describe.each(Object.entries(cases) as [DetectorName, Cases][])('%s', (name, { found, left }) => {
  const finds = (text: string): readonly string[] => {
    const bytes = Buffer.from(text)
    return findIn(detectors[name], bytes, { from: 0, to: bytes.length }, { start: 0, end: bytes.length }).map(({ from, to }) => bytes.toString('utf8', from, to))
  }
  test.each(found)('finds it in %j', (text, ...expected) => {
    expect(finds(text)).toEqual(expected)
  })

  test.each(found)('replaces it in %j and nothing else', (text, ...expected) => {
    const scanner = createScanner([name])
    let replaced = text
    for (const find of expected) replaced = replaced.replace(find, text.startsWith('{"card"') ? `"[masked:${name}]"` : `[masked:${name}]`)
    const bytes = Buffer.from(`<<${text}>>`)
    expect(scanner.scan(bytes, 2, bytes.length - 2)?.toString()).toBe(replaced)
  })

  test.each(left)('leaves %j alone', (text) => {
    const bytes = Buffer.from(text)
    expect(finds(text)).toEqual([])
    expect(createScanner([name]).scan(bytes, 0, bytes.length)).toBe(null)
  })

  test('every byte of a trigger may stand in a match, so that a window holds it', () => {
    for (const trigger of detectors[name].triggers) {
      if (trigger.kind === 'digits') continue
      for (const set of trigger.sets) for (const byte of set.keys()) expect(set[byte] === 1 && detectors[name].token[byte] === 0).toBe(false)
    }
  })
})

test('a PEM key is masked from its first line to its last, with text around it left', () => {
  const scanner = createScanner(['private-key'])
  const text = Buffer.from(join('before ', pem('PRIVATE KEY'), ' between ', pem('EC PRIVATE KEY'), ' after'))
  expect(scanner.scan(text, 0, text.length)?.toString()).toBe('before [masked:private-key] between [masked:private-key] after')
})
