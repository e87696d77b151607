// A believable shop for the fake Desktop: its schema, and any row of any table computed from its index.
import type { Cell, SchemaColumn, SchemaRelation, SchemaTree } from '../../shared/ipc.ts'

const column = (name: string, type: string, more: Partial<SchemaColumn> = {}): SchemaColumn => ({ name, type, isNullable: false, isPrimaryKey: false, references: null, ...more })
const id = column('id', 'int8', { isPrimaryKey: true })
const relation = (name: string, rows: number, columns: readonly SchemaColumn[], more: Partial<SchemaRelation> = {}): SchemaRelation =>
  ({ name, kind: 'table', rowEstimate: rows, columns, indexes: [`${name}_pkey`], ...more })

export const shopSchema: SchemaTree = {
  schemas: [
    {
      name: 'public',
      relations: [
        relation('customers', 5000, [id, column('name', 'text'), column('email', 'text'), column('phone', 'text', { isNullable: true }), column('ssn', 'text', { isNullable: true }), column('birth_date', 'date', { isNullable: true }), column('city', 'text'), column('created_at', 'timestamptz'), column('preferences', 'jsonb', { isNullable: true })], { indexes: ['customers_pkey', 'customers_email_key'] }),
        relation('employees', 120, [id, column('name', 'text'), column('title', 'text'), column('salary', 'numeric'), column('manager_id', 'int8', { isNullable: true, references: 'employees.id' })]),
        relation('order_items', 61_000, [id, column('order_id', 'int8', { references: 'orders.id' }), column('product_id', 'int8', { references: 'products.id' }), column('quantity', 'int4'), column('price', 'numeric')], { indexes: ['order_items_pkey', 'order_items_order_id_idx'] }),
        relation('orders', 24_000, [id, column('customer_id', 'int8', { references: 'customers.id' }), column('status', 'text'), column('total', 'numeric'), column('placed_at', 'timestamptz')], { kind: 'partitioned table', indexes: ['orders_pkey', 'orders_customer_id_idx', 'orders_placed_at_idx'] }),
        relation('payments', 23_500, [id, column('order_id', 'int8', { references: 'orders.id' }), column('card_number', 'text'), column('amount', 'numeric'), column('paid_at', 'timestamptz', { isNullable: true })]),
        relation('products', 400, [id, column('sku', 'text'), column('title', 'text'), column('price', 'numeric'), column('stock', 'int4')], { indexes: ['products_pkey', 'products_sku_key'] }),
        relation('support_tickets', 3000, [id, column('customer_id', 'int8', { references: 'customers.id' }), column('subject', 'text'), column('body', 'text'), column('opened_at', 'timestamptz')]),
        relation('customer_overview', 0, [column('id', 'int8'), column('name', 'text'), column('email', 'text'), column('orders', 'int8'), column('spent', 'numeric')], { kind: 'view', rowEstimate: null, indexes: [] }),
      ],
    },
    {
      name: 'warehouse',
      relations: [
        relation('shipments', 18_000, [id, column('order_id', 'int8', { references: 'orders.id' }), column('carrier', 'text'), column('shipped_at', 'timestamptz', { isNullable: true })]),
        relation('stock_levels', 400, [column('product_id', 'int8', { references: 'products.id' }), column('on_hand', 'int4')], { kind: 'materialized view', indexes: [] }),
      ],
    },
  ],
}

const firstNames = ['Ada', 'Grace', 'Linus', 'Barbara', 'Edsger', 'Radia', 'Ken', 'Margaret', 'Dennis', 'Frances', 'Åsa', 'José']
const lastNames = ['Lovelace', 'Hopper', 'Nakamura', 'Liskov', 'Dijkstra', 'Perlman', 'Thompson', 'Hamilton', 'Ritchie', 'Allen', 'Öberg', "O'Neil"]
const cities = ['Lisbon', 'Kraków', 'Osaka', 'Toronto', 'Nairobi', 'Montevideo', 'Tallinn']
const states = ['paid', 'shipped', 'delivered', 'returned', 'pending']

const pick = (from: readonly string[], at: number): string => from[at % from.length]!
const digits = (at: number, count: number): string => String((at * 7919 + 104_729) % 10 ** count).padStart(count, '0')
const dayOf = (at: number): string => new Date(Date.UTC(2023, 0, 1) + (at % 900) * 86_400_000 + (at * 37 % 86_400) * 1000).toISOString().replace('T', ' ').replace('.000Z', '+00')

/** What the privacy officer sees. Everything but NULLs is text, as PostgreSQL sends it. */
export function clearCell(name: string, at: number): Cell {
  const who = `${pick(firstNames, at)} ${pick(lastNames, at * 5 + 3)}`
  switch (name) {
    case 'name': return at === 6 ? 'Mallory \u202Eevil\u202C Bidi' : who
    case 'email': return `${pick(firstNames, at)}.${pick(lastNames, at * 5 + 3)}${at}@example.com`.toLowerCase().replaceAll(/[^a-z0-9.@]/g, '')
    case 'phone': return at % 4 === 2 ? null : `+351 9${digits(at, 8)}`
    case 'ssn': return at % 9 === 4 ? null : `${digits(at, 3)}-${digits(at, 2)}-${digits(at, 4)}`
    case 'birth_date': return at % 7 === 3 ? null : dayOf(at).slice(0, 10).replace(/^20/, '19')
    case 'city': return at === 3 ? '****** ***' : pick(cities, at)
    case 'preferences': return at % 5 === 4 ? null : JSON.stringify({ newsletter: at % 2 === 0, language: pick(['pt', 'pl', 'ja', 'en'], at), tags: ['returning', 'vip'].slice(0, at % 3), limit: 1e6 + at })
    case 'title': return pick(['Engineer', 'Analyst', 'Support', 'Buyer', 'Designer'], at)
    case 'subject': return pick(['Cannot log in', 'Where is my order?', 'Refund please', 'Wrong size'], at)
    case 'body': return `Hello,\nmy order ${at + 1000} has not arrived.\tPlease look into it.\n\nThanks, ${who}`
    case 'status': return pick(states, at)
    case 'card_number': return `4111 1111 1111 ${digits(at, 4)}`
    case 'sku': return `SKU-${digits(at, 5)}`
    case 'carrier': return pick(['DHL', 'UPS', 'CTT'], at)
    case 'quantity': case 'stock': case 'on_hand': case 'orders': return String((at * 13) % 47)
    case 'price': case 'total': case 'amount': case 'salary': case 'spent': return ((at * 331) % 90_000 / 100 + 5).toFixed(2)
    default: return name.endsWith('_at') ? dayOf(at) : name.endsWith('_id') ? String((at * 17) % 4999 + 1) : String(at + 1)
  }
}
