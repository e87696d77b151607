import { expect, test } from 'vitest'
import { intentHash, type Intent } from './intent.ts'

const base: Intent = { principal: 'corp:eve', connection: 'shop', database: 'shop', role: null, searchPath: 'default', text: 'delete from orders where id = $1', parameters: [{ typeOid: 23, format: 0, value: Buffer.from('1') }] }
const [parameter] = base.parameters

test('the same command has the same intent', () => {
  expect(intentHash({ ...base, parameters: [{ ...parameter!, value: Buffer.from('1') }] })).toBe(intentHash(base))
  expect(intentHash(base)).toMatch(/^[0-9a-f]{64}$/)
})

test.each<[string, Partial<Intent>]>([
  ['principal', { principal: 'corp:max' }], ['connection', { connection: 'shop2' }], ['database', { database: 'other' }], ['role', { role: 'admin' }],
  ['a role that is empty', { role: '' }], ['search_path', { searchPath: 'unknown' }], ['text', { text: 'delete from orders where id = $1 ' }],
  ['a parameter’s value', { parameters: [{ ...parameter!, value: Buffer.from('2') }] }], ['its type', { parameters: [{ ...parameter!, typeOid: 25 }] }],
  ['its format', { parameters: [{ ...parameter!, format: 1 }] }], ['NULL in its place', { parameters: [{ ...parameter!, value: null }] }],
  ['an empty value', { parameters: [{ ...parameter!, value: Buffer.alloc(0) }] }], ['one more', { parameters: [parameter!, parameter!] }], ['none', { parameters: [] }],
  ['a text moved over a border', { database: 'shopp', searchPath: 'efault' }], ['a connection moved into the principal', { principal: 'corp:eveshop', connection: '' }],
])('another one with another %s', (_, over) => {
  expect(intentHash({ ...base, ...over })).not.toBe(intentHash(base))
})
