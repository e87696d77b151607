import { expect, test } from 'vitest'
import { shopSchema } from '../testing/fake-shop.ts'
import { completionsAt } from './completions.ts'

/** `|` is the cursor. */
function at(marked: string) {
  return completionsAt(marked.replace('|', ''), marked.indexOf('|'), { tree: shopSchema, masked: new Set() })
}
const labels = (marked: string, kind?: string) => at(marked).filter((item) => kind === undefined || item.kind === kind).map(({ label }) => label)

test('after an alias and a dot: the columns of its table, nothing else', () => {
  expect(labels('select c.| from customers c')).toEqual(shopSchema.schemas[0]!.relations[0]!.columns.map(({ name }) => name))
  expect(labels('select o.|\nfrom customers c join orders as o on o.customer_id = c.id')).toContain('placed_at')
})

test('after a schema and a dot: its relations', () => expect(labels('select * from warehouse.|')).toEqual(['shipments', 'stock_levels']))

test('after FROM: relations, no columns and no keywords', () => {
  expect(labels('select * from cu|', 'relation')).toContain('customers')
  expect(labels('select * from cu|', 'column')).toEqual([])
  expect(labels('select * from cu|', 'keyword')).toEqual([])
})

test('a relation outside public is written with its schema', () => expect(at('select * from |').find(({ label }) => label === 'shipments')?.insert).toBe('warehouse.shipments'))

test('columns come of the statement at the cursor only', () => {
  expect(labels('select * from products; select | from customers', 'column')).toContain('email')
  expect(labels('select * from products; select | from customers', 'column')).not.toContain('sku')
})

test('a keyword behind a table is not its alias', () => expect(labels('select | from customers where id = 1', 'alias')).toEqual([]))

test('a masked column says so, the one of that table only', () => {
  const marked = 'select | from customers'
  const items = completionsAt(marked.replace('|', ''), marked.indexOf('|'), { tree: shopSchema, masked: new Set(['public.customers.email', 'public.employees.phone']) })
  expect(items.find(({ label }) => label === 'email')?.detail).toBe('text · customers · masked for you')
  expect(items.find(({ label }) => label === 'phone')?.detail).not.toContain('masked')
})
