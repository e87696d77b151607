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
const mixed = (length: number): string => join('aB3', alnum(length)).slice(0, length)
const visa = join('4111', '1111', '1111', '1111')
const secret = mixed(40)
const storageKey = join(mixed(86), '==')
const busKey = join(mixed(43), '=')
const signature = join(mixed(40), '%2B', mixed(2), '%3D')
const account = 'deploy@shop-prod.iam.gserviceaccount.com'
const cases: Record<DetectorName, Cases> = {
  phone: {
    found: [
      ...['+49 30 1234567', '+491701234567', '+49 (0)30 1234567', '+1 555 123 4567', '+1-555-123-4567', '+14155552671', '+44 20 7946 0958', '+33 1 23 45 67 89', '0049 30 1234567', '(555) 123-4567', '(555)123-4567', '555-123-4567', '555.123.4567', '1-800-555-0199',
        '020 7946 0958', '(020) 7946 0958', '0161 496 0000', '01632 960001', '07700 900123', '0800 123 4567', '030 1234567', '089-1234567', '06221/123456', '0170 1234567', '0151 12345678', '(030) 1234567', '(02) 9876 5432', '01 23 45 67 89', '01.23.45.67.89', '01-23-45-67-89', '044 668 18 00', '06-12345678'].map(all),
      ['tel:+1-555-123-4567', '+1-555-123-4567'], ['call +49 30 1234567 2024-01-01 or 030 1234567.', '+49 30 1234567', '030 1234567'], ['+1 555 123 4567, +44 20 7946 0958', '+1 555 123 4567', '+44 20 7946 0958'], ['{"p":"+14155552671"}', '+14155552671'], ['a\\n+14155552671', '+14155552671'],
      ['fon=555-123-4567;', '555-123-4567'], ['0161 496 0000 2024-01-01', '0161 496 0000'],
    ],
    left: ['5551234567', '07700900123', '+12345678', '+48.8566140', '+0100', '2024-01-01 12:00:00+02', '555-123-45678', '555-123-4567-89', 'A555-123-4567', 'ORD-555-123-4567', '0001-123-4567', '200 300 4000', '1704067200', '4111 1111 1111 1111', '123-45-6789', 'xx+14155552671', '1+14155552671', '0012345678901', '(2019) 2020-2021', '10.0.0.1', '555.123.4567.8'],
  },
  'ip-address': {
    found: [
      ...['192.168.1.10', '8.8.8.8', '255.255.255.255', '2001:db8::1', 'fe80::1', '::ffff:10.1.2.3', '2001:0db8:85a3:0000:0000:8a2e:0370:7334', 'fd12:3456::', '64:ff9b::1.2.3.4', '2A00:1450:4001:81B::200E'].map(all),
      ['at 10.0.0.1.', '10.0.0.1'], ['http://10.0.0.1:8080/x', '10.0.0.1'], ['10.0.0.0/8', '10.0.0.0'], ['[2001:db8::1]:443', '2001:db8::1'], ['fe80::1%eth0', 'fe80::1'], ['addr:2001:db8::1: up', '2001:db8::1'], ['10.0.0.1-10.0.0.9', '10.0.0.1', '10.0.0.9'], ['host/10.0.0.1', '10.0.0.1'], ['a\\n10.0.0.1', '10.0.0.1'],
    ],
    left: ['127.0.0.1', '0.0.0.0', '::1', '::', '1.2.3', '1.2.3.4.5', 'v1.2.3.4', 'version 1.2.3.4', 'Version: "1.2.3.4"', 'Chrome/120.0.0.0 Safari/537.36', 'pkg==1.2.3.4', '>=1.2.3.4', '^1.2.3.4', '1.2.3.4-beta', '10.0.19041.1', '256.1.1.1', '01.02.03.04', '1.3.6.1.4.1', '12:30:45', '12:30:45.123', 'a::b', 'face::bad', 'std::string', 'now()::date', '2024::text', '00:1a:2b:3c:4d:5e', '3.14159'],
  },
  'aws-secret-key': {
    found: [[`aws_secret_access_key=${secret}`, secret], [`aws_secret_access_key = ${secret}\n`, secret], [`"SecretAccessKey": "${secret}",`, secret], [`secretAccessKey: '${secret}'`, secret], [`AWS_SECRET_ACCESS_KEY="${secret}"`, secret], [`<SecretAccessKey>${secret}</SecretAccessKey>`, secret], [`{\\"secret_key\\": \\"${secret}\\"}`, secret]],
    left: [secret, `key=${secret}`, `aws_secret_access_key=${secret}x`, `secret_key=${'a1'.repeat(20)}`, 'secret key: none', 'the PRIMARY KEY (id)', 'aws_secret_access_key='],
  },
  'google-oauth-secret': {
    found: [all(join('GOCSPX-', alnum(28))), [`"client_secret":"${join('GOCSPX-', 'a'.repeat(28))}"`, join('GOCSPX-', 'a'.repeat(28))], all(join('ya29.', alnum(60)))],
    left: ['GOCSPX-', join('GOCSPX-', alnum(20)), 'ya29.', 'Maya29.5', join('gocspx-', alnum(28))],
  },
  'gcp-service-account': {
    found: [all(account), [`{"client_email":"${account}"}`, account], [`serviceAccount:${account}`, account]],
    left: ['deploy@example.com', 'iam.gserviceaccount.com', '@x.iam.gserviceaccount.com', 'a@b.gserviceaccount.org'],
  },
  'azure-secret': {
    found: [
      all(join(mixed(3), '8Q~', alnum(34))), [`DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${storageKey};EndpointSuffix=core.windows.net`, storageKey], [`SharedAccessKeyName=root;SharedAccessKey=${busKey}`, busKey],
      [`https://x.blob.core.windows.net/a?sv=2022-11-02&sig=${signature}&se=2024`, signature],
    ],
    left: ['8Q~', join(mixed(3), '8Q~', 'short'), 'AccountKey=', 'Key=value', 'sig=short', 'AccountKey=none;'],
  },
  'gitlab-token': {
    found: [all(join('glpat-', alnum(20))), all(join('gldt-', alnum(20))), [`PRIVATE-TOKEN: ${join('glpat-', 'b'.repeat(20))}`, join('glpat-', 'b'.repeat(20))]],
    left: ['glpat-', 'glpat-short', join('glxat-', alnum(20))],
  },
  'npm-token': {
    found: [all(join('npm_', alnum(36))), [`//registry.npmjs.org/:_authToken=${join('npm_', 'c'.repeat(36))}`, join('npm_', 'c'.repeat(36))]],
    left: ['npm_config_registry', join('npm_', alnum(35)), join('npm_', alnum(37))],
  },
  'ai-api-key': {
    found: [all(join('sk-', 'ant-', alnum(40))), all(join('sk-', 'proj-', alnum(40))), all(join('sk-', alnum(48))), [`key: ${join('sk-', 'ant-', 'd'.repeat(30))};`, join('sk-', 'ant-', 'd'.repeat(30))]],
    left: ['sk-', 'risk-based-approach', join('task-', alnum(48)), 'desk-ant-hill-and-other-things-of-length', 'sk-learn-1.2.3'],
  },
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
    left: ['AIza', join('j12Oa', 'AIza', alnum(35)), join('AIza', alnum(34)), join('aiza', alnum(35)), 'AIzawa'],
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
