// Against a real PostgreSQL: what it sends in binary is what we read, and what it reads as text is the same value.
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { binaryText } from './binary-values.ts'

let postgres: RealPostgres
let client: Client

beforeAll(async () => {
  postgres = await startPostgres()
  client = new Client(await postgres.database('values'))
  await client.connect()
})
afterAll(async () => {
  await client?.end()
  await postgres?.stop()
})

test.each([
  ['bool', ['true', 'false']], ['int2', ['0', '-32768']], ['int4', ['7', '-2147483648']], ['int8', ['9223372036854775807', '-1']], ['oid', ['4294967295']],
  ['float4', ['1.5', '-0.25']], ['float8', ['0.1', '-1e+300', 'NaN']], ['text', ['', 'ü €']], ['varchar', ['a']], ['json', ['{"a":1}']], ['jsonb', ['{"a": [1, 2]}']],
  ['uuid', ['0b2f8f5c-7c3a-4d0e-9d1b-2f6a1c9e8d70']], ['date', ['2024-02-29', '1066-10-14']], ['timestamp', ['2024-02-29 12:34:56.789']], ['timestamptz', ['1999-12-31 23:00:00+00']],
  ['numeric', ['0', '0.00', '1', '-12345.6789', '10000', '100000000.0001', '0.00001', '0.0000000012', '99999999999999999999.5', '1000000']],
])('%s', async (type, values) => {
  for (const value of values) {
    const { rows: [row] } = await client.query<{ bytes: Buffer; oid: number }>({
      text: `select ${sender(type)}($1::text::${type}) as bytes, $2::regtype::oid::int8::int8 as oid`, values: [value, type], types: { getTypeParser: (oid: number) => (oid === 17 ? (hex: string) => Buffer.from(hex.slice(2), 'hex') : Number) } as never,
    })
    const text = binaryText(row!.oid, row!.bytes)
    expect(text, `${type} ${value}`).not.toBeNull()
    const { rows: [same] } = await client.query<{ is: boolean }>(`select $1::text::${type}::text = $2::text::${type}::text as is`, [text, value])
    expect(same, `${type} ${value} read as ${text}`).toEqual({ is: true })
  }
})

const sender = (type: string): string => `${{ json: 'json_', jsonb: 'jsonb_', uuid: 'uuid_', date: 'date_', timestamp: 'timestamp_', timestamptz: 'timestamptz_', numeric: 'numeric_' }[type] ?? type}send`

test('what is not a value of its type, or of no type we know, is not read', () => {
  for (const oid of [16, 20, 21, 23, 700, 701, 2950, 3802, 1082, 1114, 1184, 1700, 600]) expect(binaryText(oid, Buffer.from([2, 2, 2]))).toBeNull()
  expect(binaryText(25, Buffer.from([0xff]))).toBeNull()
  expect(binaryText(1184, Buffer.from('7fffffffffffffff', 'hex'))).toBeNull()
})
