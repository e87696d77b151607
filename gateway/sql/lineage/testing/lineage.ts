// For tests: a real PostgreSQL with a schema, its catalog as the gateway reads it, and lineages in words.
import { Client } from 'pg'
import { loadModule, parseSync } from 'libpg-query'
import { pino } from 'pino'
import { Secret } from '../../../credentials/secret.ts'
import { startPostgres } from '../../../testing/real-postgres.ts'
import { createCatalogKeeper } from '../../catalog-keeper.ts'
import type { Catalog } from '../../catalog.ts'
import type { Use } from '../uses.ts'
import { lineageOf, statementsOf, type LineageInputs, type Trace, type Traced } from '../lineage-of.ts'

export interface LineageServer {
  readonly client: Client
  readonly catalog: Catalog
  readonly trace: (sql: string, inputs?: Partial<LineageInputs>) => Trace
  /** `value | influence` of each column: `customers.email | orders.id`; `?` where something is unknown. */
  readonly told: (sql: string) => readonly string[]
  /** `clause form columns` of each use, sorted; the form `= 2` is an equality with two constants, `null` a test for NULL, `*` anything else. */
  readonly used: (sql: string) => readonly string[]
  readonly names: (traced: Traced) => string
  readonly stop: () => Promise<void>
}

export async function startLineage(schema: string): Promise<LineageServer> {
  await loadModule()
  const server = await startPostgres()
  const address = await server.database('shop')
  const client = new Client(address)
  await client.connect()
  await client.query(schema)
  const keeper = createCatalogKeeper({ target: { ...address, summary: { name: 'shop' }, password: new Secret(address.password), tls: 'disable', ca: null }, log: pino({ level: 'silent' }) })
  const catalog = await keeper.refresh()
  await keeper.dispose()
  const parse = (text: string): unknown => parseSync(text)
  const trace = (sql: string, inputs: Partial<LineageInputs> = {}): Trace =>
    lineageOf(statementsOf(parseSync(sql))[0], { catalog, searchPath: 'default', parse, ...inputs })
  const names = (traced: Traced): string => namesOf(catalog, traced)
  return {
    client, catalog, trace, names,
    used: (sql) => trace(sql).uses.map((use) => `${use.clause} ${formOf(use)} ${names(use)}`).sort(),
    told(sql) {
      const lineage = trace(sql)
      if (lineage.kind === 'unknown') return ['unknown']
      const columns = lineage.kind === 'open' ? [lineage.every] : lineage.columns
      const told = columns.map(({ value, influence }) => {
        const decides = names(influence)
        return decides === '' ? names(value) : `${names(value)} | ${decides}`.trim()
      })
      return lineage.kind === 'open' ? ['open', ...told] : told
    },
    async stop() {
      await client.end()
      await server.stop()
    },
  }
}

function formOf({ form, constants, arrays }: Use): string {
  if (form !== 'equality') return form === 'other' ? '*' : 'null'
  return ['=', ...constants === 0 ? [] : [constants], ...arrays.map((number) => `$${number}`)].join(' ')
}

/** Schema public goes without saying. */
function namesOf(catalog: Catalog, { columns, unknown }: Traced): string {
  const names = columns.map(({ oid, number }) => {
    const relation = catalog.byOid.get(oid)
    const column = relation?.columns.find((item) => item.number === number)?.name ?? String(number)
    return `${relation?.schema === 'public' ? '' : `${relation?.schema}.`}${relation?.name}.${column}`
  }).sort()
  return [...names, ...unknown === null ? [] : ['?']].join(' ')
}
