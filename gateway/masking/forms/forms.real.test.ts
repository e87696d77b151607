// Every form × type × format against a real PostgreSQL: it takes what comes out as a value of the type, in that format, and reads what an
// oracle of its own (SQL, or a few dumb lines here) says. So nothing of the hidden part is in it.
import { createSecretKey } from 'node:crypto'
import * as fc from 'fast-check'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formText, type MaskForm } from '../../../shared/policy/mask-form.ts'
import { type RealPostgres, startPostgres } from '../../testing/real-postgres.ts'
import { redactionOf } from '../redaction.ts'
import { treated, treatmentOf } from '../treatment.ts'

let server: RealPostgres
let client: Client
beforeAll(async () => {
  server = await startPostgres()
  client = new Client({ host: server.host, port: server.port, user: server.user, password: server.password, database: 'postgres' })
  await client.connect()
  await client.query(`
    set time zone 'Europe/Berlin';
    create type mood as enum ('glad', 'sorry');
    create type pair as (a text, b int);
    create domain zip as text check (length(value) > 2);
    create domain amount as numeric(12, 2)`)
})
afterAll(async () => {
  await client.end()
  await server.stop()
})

const hashKey = createSecretKey(Buffer.alloc(32, 7))
interface Sent { readonly typeOid: number; readonly value: Buffer }

/** What the server sends for the value in that format: its text, or what the type's send function gives (node-postgres reads all as UTF-8). */
async function sent(type: string, literal: string, format: number): Promise<Sent> {
  const { rows, fields } = await client.query<{ v: string }>({ text: `select ($1::text)::${type} as v`, values: [literal], types: { getTypeParser: () => (value: unknown) => value } as never })
  const typeOid = fields[0]!.dataTypeID
  if (format === 0) return { typeOid, value: Buffer.from(rows[0]!.v) }
  const send = await sql('select typsend::text as v from pg_type where oid = $1', typeOid)
  return { typeOid, value: Buffer.from((await sql(`select encode(${send}(($1::text)::${type}), 'hex') as v`, literal))!, 'hex') }
}

/** As PostgreSQL writes it as text, having taken it in that format. Throws when it does not take it. */
async function back(type: string, value: Buffer | null, format: number): Promise<string | null> {
  const { rows } = await client.query<{ v: string | null }>(`select ($1::${type})::text as v`, [value === null ? null : format === 1 ? value : value.toString('utf8')])
  return rows[0]!.v
}

async function sql(text: string, ...parameters: readonly unknown[]): Promise<string | null> {
  const { rows } = await client.query<{ v: string | null }>(text, [...parameters])
  return rows[0]!.v
}

const rule = { policy: 'p', rule: 'r' }

async function masked(type: string, literal: string, form: MaskForm, format: number): Promise<string | null> {
  const { typeOid, value } = await sent(type, literal, format)
  const treatment = treatmentOf({ typeOid, format }, { rule, form }, '', { hashKey, detects: false })
  const out = treated(treatment, null, value, 0, value.length)
  if (out === undefined) throw new Error('the value stays as it is')
  return back(type, out, format)
}

const last4: MaskForm = { partial: { first: 0, last: 4 } }
const ends: MaskForm = { partial: { first: 2, last: 3 } }
const hundred: MaskForm = { range: 100 }
const forms: readonly MaskForm[] = ['redact', 'null', 'hash', 'email', 'date-year', last4, ends, hundred]

const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.string({ unit: 'binary', maxLength: 30 }), fc.emailAddress(), fc.date({ noInvalidDate: true }).map((date) => date.toISOString()))
  .map((value) => value.replaceAll('\0', '').toWellFormed())
const day = fc.oneof(
  fc.integer({ min: -2_451_545 + 10_957, max: 100_000_000 }).map((days) => `date '1970-01-01' + ${days}`),
  fc.constantFrom("'infinity'", "'-infinity'", "'2024-12-31'", "'2025-01-01'", "'0044-03-15 BC'", "'0001-01-01 BC'", "'4714-11-24 BC'", "'4713-01-01 BC'", "'5874897-12-31'", "'2024-02-29'"),
)
const moment = fc.oneof(
  fc.bigInt({ min: -211_813_488_000_000_000n, max: 9_000_000_000_000_000_000n }).map((micros) => `timestamp '2000-01-01' + interval '${micros} microseconds'`),
  fc.constantFrom("'infinity'", "'-infinity'", "'2024-12-31 23:59:59.999999'", "'2025-01-01 00:30'", "'1890-01-01 00:10'", "'2024-07-01 12:00'", "'4714-11-24 00:00:00 BC'", "'0001-12-31 23:59:59 BC'", "'294276-12-31 23:59:59'"),
)
const whole = (bits: bigint) => fc.oneof(fc.bigInt({ min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n }), fc.constantFrom(-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n, 0n, -1n, 99n, 100n, -100n, -101n)).map(String)
const decimal = fc.oneof(
  fc.tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 20 })).map(([digits, scale]) => `${digits}e-${scale}`),
  fc.constantFrom('0', '-0.001', '99.999', '-100', '-100.0000001', '1e100', '-1e100', 'NaN', 'Infinity', '-Infinity', '10000', '9999', '100000000', '1e1500'),
)
const double = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, -0, 0.5, -0.5, 2 ** 53, 2 ** 53 - 1, 1e300, -99.5)).map(String)

interface Case {
  readonly type: string
  readonly literal: fc.Arbitrary<string>
  /** The literal is an SQL expression, not the text of a value. */
  readonly isExpression?: true
  /** What the forms make of the value as text; a form that is not here redacts. `literal`: as the server writes it. */
  readonly oracle?: (form: MaskForm, literal: string) => Promise<string | null | undefined>
}

const hash = /^gh1_[0-9a-f]{32}$/

/** Dumb on purpose. */
function textOracle(form: MaskForm, value: string): string | undefined {
  const characters = [...value]
  if (typeof form !== 'string' && 'partial' in form) {
    const { first, last } = form.partial
    if (characters.length - first - last < Math.max(4, first + last)) return undefined
    return `${characters.slice(0, first).join('')}****${characters.slice(characters.length - last).join('')}`
  }
  if (form === 'email') return /^.+@([\p{L}\p{N}][\p{L}\p{M}\p{N}-]{0,62}\.)+[\p{L}\p{N}][\p{L}\p{M}\p{N}-]{0,62}$/su.test(value) && /\p{L}[^.]*$/u.test(value) ? `[masked]@${value.slice(value.lastIndexOf('@') + 1)}` : undefined
  if (form === 'date-year') return /^(\d{4})-\d\d-\d\d(T[0-9:.]+Z?)?$/.exec(value)?.[1]
  return undefined
}

const bucket = (type: string) => async (form: MaskForm, value: string): Promise<string | null | undefined> => {
  if (form !== hundred || !/^-?[0-9]/.test(value)) return undefined
  const isFar = type.startsWith('float') && await sql(`select (abs($1::text::${type}) >= 1${type === 'float4' ? 'e6' : 'e15'})::text as v`, value) === 'true'
  if (isFar || value.replace(/\..*/, '').length > 1000) return undefined
  const least = { int2: '-32768', int4: '-2147483648', int8: '-9223372036854775808' }[type] ?? '-1e2000'
  return sql(`select trunc(greatest($1::text::${type}::numeric - mod(mod($1::text::${type}::numeric, 100) + 100, 100), ${least}::numeric))::numeric::${type}::text as v`, value)
}
const firstOfYear = (type: string) => async (form: MaskForm, value: string): Promise<string | null | undefined> => {
  if (form !== 'date-year' || value.includes('infinity') || /^4714-.*BC$/.test(value)) return undefined
  if (type !== 'timestamptz') return sql(`select date_trunc('year', $1::text::timestamp)::${type}::text as v`, value).catch(() => sql(`select make_date(extract(year from $1::text::date)::int, 1, 1)::text as v`, value))
  return sql("select (date_trunc('year', $1::text::timestamptz at time zone 'UTC') at time zone 'UTC')::text as v", value)
}

const ofText = async (form: MaskForm, value: string): Promise<string | undefined> => textOracle(form, value)
const cases: readonly Case[] = [
  { type: 'text', literal: text, oracle: ofText }, { type: 'varchar(40)', literal: text, oracle: ofText }, { type: 'name', literal: text.map((value) => value.slice(0, 15).toWellFormed()), oracle: ofText },
  // The cast to text drops what pads it.
  { type: 'char(40)', literal: text, oracle: (form, value) => ofText(form, value.replace(/ +$/, '')) },
  { type: 'zip', literal: text.map((value) => `abc${value}`), oracle: ofText },
  { type: 'int2', literal: whole(16n), oracle: bucket('int2') }, { type: 'int4', literal: whole(32n), oracle: bucket('int4') }, { type: 'int8', literal: whole(64n), oracle: bucket('int8') },
  { type: 'numeric', literal: decimal, oracle: bucket('numeric') }, { type: 'float4', literal: double.filter((value) => Math.abs(Math.fround(Number(value))) < Infinity && (Number(value) === 0 || Math.abs(Number(value)) > 1e-30)), oracle: bucket('float4') },
  { type: 'float8', literal: double, oracle: bucket('float8') },
  { type: 'amount', literal: fc.integer().map((cents) => (cents / 100).toFixed(2)), oracle: async (form, value) => (form === hundred ? sql('select (floor($1::text::numeric / 100) * 100)::numeric(12, 2)::text as v', value) : undefined) },
  { type: 'date', literal: day, isExpression: true, oracle: firstOfYear('date') }, { type: 'timestamp', literal: moment, isExpression: true, oracle: firstOfYear('timestamp') }, { type: 'timestamptz', literal: moment, isExpression: true, oracle: firstOfYear('timestamptz') },
  { type: 'uuid', literal: fc.uuid() }, { type: 'bytea', literal: fc.string({ unit: fc.constantFrom('00', 'ff', '5c', '61'), maxLength: 20 }).map((hex) => `\\x${hex}`) },
  ...[
    ['bool', fc.constantFrom('t', 'f')], ['money', fc.integer().map((cents) => (cents / 100).toFixed(2))], ['time', fc.constantFrom('00:00', '23:59:59.5')], ['timetz', fc.constantFrom('12:00+02')], ['interval', fc.integer({ min: 0, max: 99_999 }).map((days) => `${days} days 1 hour`)],
    ['inet', fc.ipV4()], ['cidr', fc.constantFrom('10.0.0.0/8')], ['macaddr', fc.constantFrom('08:00:2b:01:02:03')], ['mood', fc.constantFrom('glad', 'sorry')], ['pair', fc.nat().map((n) => `("a b",${n})`)], ['oid', fc.nat().map(String)], ['int4range', fc.nat(99).map((n) => `[${n},200)`)], ['xml', fc.nat().map((n) => `<a>${n}</a>`)],
    ['mood[]', fc.constantFrom('{glad,sorry}')], ['pair[]', fc.constantFrom('{"(a,1)"}')], ['inet[]', fc.constantFrom('{10.0.0.1}')], ['jsonb[]', fc.nat().map((n) => `{"{\\"card\\":${n}}"}`)], ['json[]', fc.nat().map((n) => `{"{\\"card\\":${n}}"}`)], ['bit(4)', fc.constantFrom('1010')], ['point', fc.constantFrom('(1,2)')],
  ].map(([type, literal]) => ({ type: type as string, literal: literal as fc.Arbitrary<string> })),
]

/** The redacted form, as the server writes it. */
async function redacted(type: string, typeOid: number): Promise<string | null> {
  const text = redactionOf(typeOid, 0)
  return text === null ? null : back(type, text, 0)
}

const hashes: Readonly<Record<string, RegExp>> = { uuid: /^6768315f-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, bytea: /^\\x6768315f(3[0-9]|6[1-6]){32}$/ }

describe.each([[0, 'text'], [1, 'binary']])('in format %i (%s)', (format) => {
  describe.each(cases)('$type', ({ type, literal, isExpression, oracle }) => {
    test.each(forms.map((form) => [formText(form), form] as const))('%s', async (_, form) => {
      await fc.assert(fc.asyncProperty(literal, async (given) => {
        const value = isExpression ? await sql(`select (${given})::${type}::text as v`).catch(() => undefined) : given
        fc.pre(value !== undefined && value !== null)
        const { typeOid } = await sent(type, value, 0)
        const shown = (await sql(`select ($1::text)::${type}::text as v`, value))!
        const out = await masked(type, value, form, format)
        const hashed = hashes[type] ?? (redactionOf(typeOid, 0)?.toString() === '[masked]' && type !== 'xml' ? hash : undefined)
        if (form === 'hash' && hashed !== undefined) expect(out?.trimEnd()).toMatch(hashed)
        else if (form === 'null') expect(out).toBe(null)
        else {
          const wanted = form === 'redact' ? undefined : await oracle?.(form, shown)
          expect(out).toBe(wanted === undefined ? await redacted(type, typeOid) : wanted)
        }
      }), { numRuns: 12 })
    })
  })

  describe('arrays', () => {
    test.each([
      ['text[]', '{"alice@example.com",NULL,"",NULL,"a\\"b\\\\c d{}@x.org","null"}', 'email', '{[masked]@example.com,NULL,[masked],NULL,[masked]@x.org,[masked]}'],
      ['text[]', '[2:3][0:1]={{"4111 1111 1111 1111","x"},{NULL,"12345678, \\\\\\""}}', last4, '[2:3][0:1]={{****1111,[masked]},{NULL,"****, \\\\\\""}}'],
      ['text[]', '{}', last4, '{}'],
      ['varchar(20)[]', '{2024-05-06,abc}', 'date-year', '{2024,[masked]}'],
      ['int4[]', '{{1,250},{-3,NULL}}', hundred, '{{0,200},{-100,NULL}}'],
      ['int2[]', '{-32768}', hundred, '{-32768}'],
      ['int8[]', '{9223372036854775807}', hundred, '{9223372036854775800}'],
      ['numeric[]', '{1.5,NaN,-7e40}', hundred, `{0,NULL,-7${'0'.repeat(40)}}`],
      ['float8[]', '{150.5,1e300}', hundred, '{100,NULL}'], ['float4[]', '{150.5,-0.5}', hundred, '{100,-100}'],
      ['date[]', '{2024-05-06,infinity,"0044-03-15 BC"}', 'date-year', '{2024-01-01,NULL,"0044-01-01 BC"}'],
      ['timestamp[]', '{"2024-05-06 07:08:09.5"}', 'date-year', '{"2024-01-01 00:00:00"}'],
      ['timestamptz[]', '{"2025-01-01 00:30:00+01"}', 'date-year', '{"2024-01-01 01:00:00+01"}'],
      ['char(12)[]', '{12345678}', last4, '{"****5678"}'],
      ['bool[]', '{t,f}', 'hash', null], ['int4[]', '{1,2}', 'hash', null], ['text[]', '{a,b}', hundred, '{[masked]}'], ['text[]', '{a,b}', 'redact', '{[masked]}'], ['text[]', '{a,b}', 'null', null],
    ] as const)('%s %s as %j', async (type, value, form, expected) => {
      const out = await masked(type, value, form, format)
      const unpadded = type.startsWith('char') ? out?.replaceAll(/ +(?=")/g, '') : out
      expect(unpadded).toBe(expected === '{"****5678"}' ? '{"****5678"}' : expected)
    })

    test.each([['text[]', '{a,b,NULL,{x}}'.replace(',{x}', '')], ['uuid[]', '{6f9619ff-8b86-d011-b42d-00c04fc964ff}'], ['bytea[]', '{"\\\\x5c6162"}']])('%s: each element is hashed as it would be alone', async (type, value) => {
      const { rows } = await client.query<{ v: string | null }>(`select v::text from unnest($1::text::${type}) v`, [value])
      const alone: (string | null)[] = []
      for (const { v } of rows) alone.push(v === null ? null : await masked(type.slice(0, -2), v, 'hash', format))
      const { rows: out } = await client.query<{ v: string | null }>(`select v::text from unnest($1::text::${type}) v`, [await masked(type, value, 'hash', format)])
      expect(out.map(({ v }) => v)).toEqual(alone)
    })
  })

  describe('json', () => {
    test.each([
      ['"4111111111111111"', last4, '"****1111"'], ['4111111111111111', last4, '"****1111"'], ['"x"', last4, '"[masked]"'], ['{"a":1}', last4, '"[masked]"'], ['[1]', hundred, '"[masked]"'],
      ['-150.5', hundred, '-200'], ['1234567890123456789012345678901234567890.5', hundred, '1234567890123456789012345678901234567800'], ['"150"', hundred, '"[masked]"'], ['true', last4, '"[masked]"'],
      ['"bob\\"@example.com"', 'email', '"[masked]@example.com"'], ['"2024-05-06"', 'date-year', '"2024"'], ['null', 'hash', 'null'], ['"a"', 'redact', '"[masked]"'], ['"a"', 'null', null],
    ] as const)('%s as %j', async (value, form, expected) => {
      for (const type of ['json', 'jsonb']) expect(await masked(type, value, form, format)).toBe(expected)
    })

    test('a string, a text and a document of one string have the same hash; a document has one of its own', async () => {
      const inText = await masked('text', 'é"x', 'hash', format)
      expect(await masked('json', '"\\u00e9\\"x"', 'hash', format)).toBe(`"${inText}"`)
      expect(await masked('jsonb', '"é\\"x"', 'hash', format)).toBe(`"${inText}"`)
      expect(await masked('jsonb', '{"a": 1}', 'hash', format)).toMatch(/^"gh1_[0-9a-f]{32}"$/)
    })
  })
})

test.each([['text', 'alice@example.com'], ['varchar', 'x'], ['char(9)', 'x'], ['uuid', '6f9619ff-8b86-d011-b42d-00c04fc964ff'], ['bytea', '\\x00ff5c61'], ['jsonb', '{"a": [1, "é"]}'], ['json', '{"a":1}'], ['text[]', '{a,"b c"}'], ['uuid[]', '{6f9619ff-8b86-d011-b42d-00c04fc964ff}']])(
  '%s has the same hash in text and in binary', async (type, value) => expect(await masked(type, value, 'hash', 0)).toBe(await masked(type, value, 'hash', 1)),
)

test('bytea has the same hash whatever bytea_output says', async () => {
  const hex = await masked('bytea', '\\x00ff5c5c6162', 'hash', 0)
  await client.query("set bytea_output = 'escape'")
  expect(await masked('bytea', '\\x00ff5c5c6162', 'hash', 0)).toBe(Buffer.from(hex!.slice(2), 'hex').toString())
  await client.query("set bytea_output = 'hex'")
})

test('a float the server rounds does not tell where in its bucket it is', async () => {
  for (const digits of [-15, -14, -13, -12]) {
    await client.query(`set extra_float_digits = ${digits}`)
    for (const type of ['float8', 'float4']) for (const value of ['1600', '1960', '-1600']) expect([null, value.startsWith('-') ? '-2000' : '1000']).toContain(await masked(type, value, { range: 1000 }, 0).then((out) => out && String(Number(out))))
  }
  await client.query('reset extra_float_digits')
  expect(await masked('float8', '1600', { range: 1000 }, 0)).toBe('1000')
})

test.each(['SQL, DMY', 'German', 'Postgres, MDY'])('a date in DateStyle %s is redacted: its year stands elsewhere', async (style) => {
  await client.query(`set datestyle = '${style}'`)
  for (const type of ['date', 'timestamp', 'timestamptz']) expect(await masked(type, '2024-05-06', 'date-year', 0)).toBe(null)
  await client.query("set datestyle = 'ISO, MDY'")
})
