// Replacements are read back by decoders written from the protocol's description, dumb on purpose, and by PostgreSQL itself.
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RealPostgres, startPostgres } from '../testing/real-postgres.ts'
import { redactionOf, scanFormOf } from './redaction.ts'

const texts = { text: 25, varchar: 1043, bpchar: 1042, name: 19, unknown: 705, xml: 142 }
const arrays = { 'text[]': [1009, 25], 'varchar[]': [1015, 1043], 'bpchar[]': [1014, 1042], 'name[]': [1003, 19], 'xml[]': [143, 142], 'json[]': [199, 114], 'jsonb[]': [3807, 3802] } as const

describe.each([[0, 'text'], [1, 'binary']])('format %i (%s)', (format) => {
  test.each(Object.entries(texts))('%s says [masked]', (_, oid) => {
    expect(redactionOf(oid, format)?.toString('utf8')).toBe('[masked]')
  })

  test('json is a JSON string', () => {
    expect(JSON.parse(redactionOf(114, format)!.toString())).toBe('[masked]')
  })

  test('jsonb is a JSON string, behind version 1 in binary', () => {
    const bytes = redactionOf(3802, format)!
    expect(format === 1 ? bytes[0] : 1).toBe(1)
    expect(JSON.parse(bytes.subarray(format).toString())).toBe('[masked]')
  })

  test.each([['bool', 16], ['bytea', 17], ['char', 18], ['int8', 20], ['int4', 23], ['oid', 26], ['float8', 701], ['date', 1082], ['timestamptz', 1184], ['numeric', 1700], ['uuid', 2950], ['int4[]', 1007], ['record', 2249], ['an enum or extension type', 99_999], ['cstring', 2275]])('%s has no such form and becomes NULL', (_, oid) => {
    expect(redactionOf(oid, format)).toBe(null)
  })
})

/** array_send by hand. */
function readArray(bytes: Buffer): { readonly elementOid: number; readonly elements: readonly Buffer[] } {
  const word = (index: number): number => bytes.readInt32BE(4 * index)
  expect([word(0), word(1), word(4)]).toEqual([1, 0, 1])
  const elements: Buffer[] = []
  let at = 20
  for (let i = 0; i < word(3); i++) {
    const length = bytes.readInt32BE(at)
    elements.push(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  expect(at).toBe(bytes.length)
  return { elementOid: word(2), elements }
}

test.each(Object.entries(arrays))('%s is an array of one element in binary', (type, [oid, elementOid]) => {
  const array = readArray(redactionOf(oid, 1)!)
  expect(array.elementOid).toBe(elementOid)
  expect(array.elements.map((element) => element.toString())).toEqual([redactionOf(elementOid, 1)!.toString()])
  expect(type.startsWith('json') ? JSON.parse(array.elements[0]!.subarray(type === 'jsonb[]' ? 1 : 0).toString()) : '[masked]').toBe('[masked]')
})

describe('PostgreSQL takes every replacement as a value of its type', () => {
  let server: RealPostgres
  let client: Client
  beforeAll(async () => {
    server = await startPostgres()
    client = new Client({ host: server.host, port: server.port, user: server.user, password: server.password, database: 'postgres' })
    await client.connect()
  })
  afterAll(async () => {
    await client.end()
    await server.stop()
  })

  const types = { ...texts, json: 114, jsonb: 3802, ...Object.fromEntries(Object.entries(arrays).map(([type, [oid]]) => [type, oid])) }
  test.each(Object.entries(types).filter(([type]) => type !== 'unknown'))('%s as text', async (type, oid) => {
    const text = redactionOf(oid, 0)!.toString()
    const { rows } = await client.query<{ value: string; oid: number }>(`select ($1::${type})::text as value, pg_typeof($1::${type})::oid as oid`, [text])
    expect(rows[0]).toEqual({ value: text, oid })
  })

  test.each(Object.entries(types).filter(([type]) => type !== 'unknown'))('%s as binary: it reads what it would have sent', async (type, oid) => {
    // node-postgres sends Buffers as binary parameters.
    const { rows } = await client.query<{ value: string }>(`select ($1::${type})::text as value`, [redactionOf(oid, 1)!])
    expect(rows[0]?.value).toBe(redactionOf(oid, 0)!.toString())
  })

  test('the list of types that detectors do not look at holds no type that carries text', async () => {
    const { rows } = await client.query<{ oid: number; name: string; category: string }>("select oid::int, typname as name, typcategory as category from pg_type where oid < 10000 and typtype in ('b', 'r', 'm')")
    const textual = rows.filter(({ name, category }) => category === 'S' || /text|char$|name$|json|xml|tsvector|tsquery|cstring|refcursor|aclitem|jsonpath/.test(name)).filter(({ name }) => !/^reg|^_reg|^_?char$/.test(name))
    expect(textual.length).toBeGreaterThan(15)
    expect(textual.filter(({ oid }) => scanFormOf(oid, 0).kind === 'none').map(({ name }) => name)).toEqual([])
  })
})
