import { expect, test } from 'vitest'
import { shopSchema } from '../testing/fake-shop.ts'
import { maskedIn, treeRows, treeStep } from './tree-rows.ts'

const none = new Set<string>()
const names = (filter: string, toggled: ReadonlySet<string> = none) => treeRows(shopSchema, toggled, filter).map((row) => row.key)

test('schemas are open, relations closed', () => {
  const rows = treeRows(shopSchema, none, '')
  expect(rows.filter(({ kind }) => kind === 'schema')).toHaveLength(2)
  expect(rows.some(({ kind }) => kind === 'column')).toBe(false)
})

test('an opened relation shows columns, then indexes', () => {
  const rows = treeRows(shopSchema, new Set(['r public.customers']), '')
  const at = rows.findIndex(({ key }) => key === 'r public.customers')
  expect(rows[at + 1]).toMatchObject({ kind: 'column', column: { name: 'id', isPrimaryKey: true } })
  expect(rows.filter(({ kind }) => kind === 'index')).toHaveLength(2)
})

test('masked columns are known of their column and counted of their table', () => {
  const isMasked = maskedIn(['public.customers.email', 'public.customers.ssn', 'warehouse.shipments.email'])
  const rows = treeRows(shopSchema, new Set(['r public.customers']), '')
  expect(rows.filter((row) => row.kind === 'column' && isMasked(row) > 0).map(({ key }) => key)).toEqual(['c public.customers.email', 'c public.customers.ssn'])
  expect(rows.filter((row) => row.kind === 'relation' && isMasked(row) > 0).map((row) => [row.key, isMasked(row)])).toEqual([['r public.customers', 2]])
})

test('a filter by table shows the table, by column the table with that column', () => {
  expect(names('shipm')).toEqual(['s warehouse', 'r warehouse.shipments'])
  expect(names('card_n')).toEqual(['s public', 'r public.payments', 'c public.payments.card_number'])
  expect(names('nowhere')).toEqual([])
})

test('arrows: right opens then enters, left closes then leaves', () => {
  const closed = treeRows(shopSchema, none, '')
  expect(treeStep(closed, 1, 'ArrowRight')).toBe('toggle')
  const open = treeRows(shopSchema, new Set([closed[1]!.key]), '')
  expect(treeStep(open, 1, 'ArrowRight')).toEqual({ to: 2 })
  expect(treeStep(open, 2, 'ArrowLeft')).toEqual({ to: 1 })
  expect(treeStep(open, 1, 'ArrowLeft')).toBe('toggle')
  expect(treeStep(open, open.length - 1, 'ArrowDown')).toEqual({ to: open.length - 1 })
  expect(treeStep([], 0, 'ArrowDown')).toBeNull()
})
