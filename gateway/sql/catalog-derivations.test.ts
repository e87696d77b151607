import { Client } from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Secret } from '../credentials/secret.ts'
import { startPostgres, type DatabaseAddress, type RealPostgres } from '../testing/real-postgres.ts'
import { createCatalogKeeper } from './catalog-keeper.ts'
import type { Catalog } from './catalog.ts'
import { trustedFunctions } from './lineage/trusted-functions.ts'

let server: RealPostgres
let address: DatabaseAddress
let client: Client

beforeAll(async () => {
  server = await startPostgres()
  address = await server.database('shop')
  client = new Client(address)
  await client.connect()
  await client.query(`
    create extension citext;
    create table t (id int, e citext, g text generated always as (upper(e::text)) stored, k text generated always as ('k') stored);
    create view v as select id, lower(e) as l from t;
    create function plain(int) returns int language sql immutable as 'select $1';
    create function rows_of(int) returns table (a int, b text) language sql as 'select 1, null';
    create function citext_same(text, text) returns bool language sql as 'select true';
    create operator =~= (leftarg = text, rightarg = text, function = citext_same);
    create rule r as on update to t do also notify x;
  `)
})

afterAll(async () => {
  await client.end()
  await server.stop()
})

async function load(): Promise<Catalog> {
  const keeper = createCatalogKeeper({ target: { ...address, summary: { name: 'shop' }, password: new Secret(address.password), tls: 'disable', ca: null }, log: pino({ level: 'silent' }) })
  try {
    return await keeper.refresh()
  } finally {
    await keeper.dispose()
  }
}

test('definitions, functions, operators, rules and generated columns', async () => {
  const catalog = await load()
  const { derivations } = catalog
  const oid = (name: string): number => catalog.byName.get(`public.${name}`)!.oid
  expect(derivations?.views.get(oid('v'))).toContain('FROM public.t')
  // lower(anyrange) gives whatever the range is of.
  expect(derivations?.systemFunctions.get('lower')).toEqual({ isSystem: true, isPure: true, returnsSet: false, columns: null })
  expect(derivations?.systemFunctions.get('md5')).toEqual({ isSystem: true, isPure: true, returnsSet: false, columns: 'scalar' })
  expect(derivations?.systemFunctions.get('json_each')).toEqual({ isSystem: true, isPure: true, returnsSet: true, columns: ['key', 'value'] })
  expect(derivations?.systemFunctions.get('now')?.isPure).toBe(false)
  expect(derivations?.otherFunctions.get('plain')?.isPure).toBe(false)
  expect(derivations?.otherFunctions.get('rows_of')).toEqual({ isSystem: false, isPure: false, returnsSet: true, columns: ['a', 'b'] })
  expect(derivations?.otherFunctions.get('citext_eq')?.isPure).toBe(true)
  expect(derivations?.impureOperators).toEqual(new Set(['=~=']))
  expect(derivations?.ruled).toEqual(new Set([oid('t')]))
  expect(derivations?.generated.get(oid('t'))).toEqual(new Map([[3, [2]], [4, []]]))
})

test('a lock on a table costs the definitions, not the catalog', async () => {
  await client.query('begin; lock table t in access exclusive mode')
  const started = performance.now()
  const catalog = await load()
  expect(performance.now() - started).toBeLessThan(5_000)
  expect(catalog.byName.has('public.v')).toBe(true)
  expect(catalog.derivations?.views.size).toBe(0)
  await client.query('rollback')
  expect((await load()).derivations?.views.size).toBe(1)
})

test('every trusted function is one that PostgreSQL has and that is not immutable throughout', async () => {
  const { derivations } = await load()
  const wrong = [...trustedFunctions].filter((name) => derivations?.systemFunctions.get(name)?.isPure !== false)
  expect(wrong).toEqual([])
})
