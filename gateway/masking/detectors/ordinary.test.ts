// Ordinary values stay as they are under every detector at once: what people look at all day must not turn into `[masked:…]`.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { detectorNames } from '../../../shared/policy/detectors.ts'
import { createScanner } from '../scanner.ts'

const scanner = createScanner(Object.keys(detectorNames))
const clear = (text: string): boolean => scanner.scan(Buffer.from(text), 0, Buffer.byteLength(text)) === null

/** Made, not random: the same ones in every run. */
const digest = (n: number, algorithm = 'sha256'): Buffer => createHash(algorithm).update(`${n}`).digest()
const uuid = (n: number): string => digest(n).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
const many = (make: (n: number) => string, count = 3_000): readonly string[] => Array.from({ length: count }, (_, n) => make(n))
const time = (n: number): Date => new Date(Date.UTC(2019, 0, 1) + n * 79_190_123)

const kinds: Readonly<Record<string, readonly string[]>> = {
  UUIDs: many(uuid, 30_000),
  'UUIDs without dashes, in braces, in URLs': many((n) => [uuid(n).replaceAll('-', ''), `{${uuid(n)}}`, `/orders/${uuid(n)}/items`][n % 3]!),
  'UUIDs of digits that pass Luhn': ['41111111-1111-1111-8111-111111111111', '55000055-5555-5559-8000-000000000000'],
  'hashes in hex': many((n) => digest(n, ['md5', 'sha1', 'sha256', 'sha512'][n % 4]).toString('hex')),
  'hashes of git, short and with names': many((n) => `${digest(n, 'sha1').toString('hex').slice(0, 7 + (n % 34))} fix(shop): round prices`),
  'base64 of bytes': many((n) => Buffer.concat([digest(n), digest(n + 1), digest(n + 2)]).toString(n % 2 === 0 ? 'base64' : 'base64url')),
  'images in base64': many((n) => `data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk${Buffer.concat(many((k) => `${n}-${k}`, 20).map((text) => createHash('sha256').update(text).digest())).toString('base64')}`, 200),
  'base64 of ordinary text': many((n) => Buffer.from(`{"cursor":{"id":${n},"after":"${time(n).toISOString()}"},"limit":50}`).toString(n % 2 === 0 ? 'base64' : 'base64url')),
  'hex of ordinary text': many((n) => `\\x${Buffer.from(`order ${n} was shipped`).toString('hex')}`),
  'ids of 16 and 26 letters': many((n) => digest(n).toString('base64url').replaceAll(/[-_]/g, 'x').slice(0, n % 2 === 0 ? 16 : 26)),
  'times in ISO 8601': many((n) => [time(n).toISOString(), time(n).toISOString().replace('T', ' ').replace('Z', '+02'), time(n).toISOString().slice(0, 19), `${time(n).toISOString().slice(0, 10)}T12:00:00.123456+05:30`, time(n).toISOString().replaceAll(/[-:.]/g, '')][n % 5]!),
  'times otherwise': many((n) => [time(n).toUTCString(), `${time(n).getTime()}`, `${Math.floor(time(n).getTime() / 1000)}.${n % 1000}`, `${time(n).toISOString().slice(8, 10)}.${time(n).toISOString().slice(5, 7)}.${time(n).getUTCFullYear()} 14:05`, `${time(n).getUTCMonth() + 1}/${time(n).getUTCDate()}/${time(n).getUTCFullYear()}`][n % 5]!),
  intervals: ['2 days 03:04:05', '1 year 2 mons 3 days 04:05:06.789', 'P1Y2M10DT2H30M', '[2024-01-01,2024-12-31)', '["2024-01-01 00:00:00+00","2024-02-01 00:00:00+00")'],
  versions: many((n) => [`${n % 20}.${n % 7}.${n % 90}`, `v${n % 20}.${n % 7}.${n % 90}.${n % 5}`, `version ${n % 20}.${n % 7}.${n % 90}.${n % 5}`, `^${n % 20}.0.0`, `node:24.${n % 19}-alpine`, `PostgreSQL 17.${n % 9} on x86_64-pc-linux-gnu`, `1.2.${n}-rc.1`, `lib@${n % 20}.${n % 7}.3`][n % 8]!),
  'user agents': ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91', 'Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/121.0', 'curl/8.5.0', 'okhttp/4.12.0'],
  prices: many((n) => [`${n}.${String(n % 100).padStart(2, '0')}`, `€ ${n}.${n % 1000},00`, `$${n},${String(n % 1000).padStart(3, '0')}.99`, `${n} 000 000`, `-${n}.5e-7`, `+${n}.25 %`][n % 6]!),
  'order ids': many((n) => [`ORD-${100_000 + n}`, `2024-${String(n).padStart(6, '0')}`, `INV/2024/${String(n).padStart(5, '0')}`, `${10_000_000 + n * 7_919}`, `A${n}-B${n * 3}-C${n * 7}`, `#${n}`, `SO${String(n).padStart(10, '0')}`, `00${String(n * 1_234_567).padStart(10, '0')}`][n % 8]!),
  'ids like phone numbers': ['5551234567', '0151123456789', '4930123456', '123-456-789', '1234-567-8901', 'REF 555-1234', '555-0100', '020-79460958-1', '12 34 56 78 90', '978-3-16-148410-0', 'ISBN 978-0-306-40615-7', '4006381333931', 'DE123456789', '0.555.123.4567'],
  'ids like social security numbers': ['123456789', '12-345-6789', '1234-56-7890', '2024-01-1234', 'A123-45-6789'],
  'coordinates and dimensions': ['+48.8566140,+2.3522219', '-33.8688,151.2093', 'POINT(13.4050 52.5200)', '(13.4,52.5)', '1920x1080', '16:9', '0x1f600', '192x168'],
  'code, SQL, paths': ['select count(*)::int from orders where created_at > now() - interval \'1 day\'', 'std::vector<std::string>', 'npm install --save-exact', 'risk-based, task-oriented', '/usr/local/lib/node_modules/pkg/index.js', 'C:\\Program Files\\App', 'https://example.com:443/a/b?c=d&sig=1#e', '@gatehouse/core', 'fe::be', 'a b c d e f', 'create table t (id int primary key, key text)', 'secret key: see the vault', 'AccountKey is required', 'public.customers.email', 'org.example.project.module.ClassNameFactory', 'some_very_long_snake_case_identifier_name', 'a-very-long-slug-of-a-blog-post-about-nothing', 'THIS_IS_A_CONSTANT_NAME'],
  'MAC addresses, OIDs, ports': ['00:1a:2b:3c:4d:5e', '00-1A-2B-3C-4D-5E', '1.3.6.1.4.1.311.21.20', '127.0.0.1:5432', '0.0.0.0:80', '::1', 'localhost:8080'],
  prose: ['The quick brown fox jumps over the lazy dog.', 'In 2019 (2018: 1,234) we sold 5 000 units at 19.99 each; call us.', 'Ä ö ü ß — «Ciao» 密码 🔑', 'Room 101, floor 3, building 12-14, 10115 Berlin', 'AKIA is a prefix, eyJ another, ghp_ a third.'],
}

describe.each(Object.entries(kinds))('%s', (_, values) => {
  test('stay clear', () => {
    expect(values.filter((value) => !clear(value))).toEqual([])
  })

  test('stay clear in JSON', () => {
    expect(values.filter((value) => !clear(JSON.stringify({ id: 1, value, list: [value] })))).toEqual([])
  })
})
