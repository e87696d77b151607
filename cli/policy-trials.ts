// What `gatehouse policy test`, `explain` and `check --live` ask statements of: the real analyzer and, unless offline, each
// connection's own catalog, read once with the gateway's credential. A connection that cannot be reached is said, not guessed.
import type { ConnectionSummary } from '../shared/connection.ts'
import { loadConfig, readConfig } from '../gateway/config.ts'
import { catalogLoadMs } from '../gateway/limits.ts'
import type { RowField } from '../gateway/masking/plan.ts'
import { isKubernetes, type PostgresTarget } from '../gateway/pipeline/target.ts'
import { createSqlAnalyzer, type Analysis } from '../gateway/sql/analyzer.ts'
import type { Lineages } from '../gateway/sql/lineages.ts'
import { connectTo, type CatalogConnection } from '../gateway/sql/catalog-connection.ts'
import { loadCatalog } from '../gateway/sql/catalog-load.ts'
import type { Catalog } from '../gateway/sql/catalog.ts'
import { describeFields } from '../gateway/sql/describe-fields.ts'
import { problemsError } from '../gateway/yaml-file.ts'

export type Fields = { readonly fields: readonly RowField[] } | { readonly unknown: string }

export interface Site {
  /** Null: names are taken as written. */
  readonly catalog: Catalog | null
  /** Why there is no catalog. */
  readonly note: string | null
  describe(text: string): Promise<Fields>
}

export interface Trials {
  readonly connections: readonly ConnectionSummary[]
  analyze(text: string): Promise<Analysis>
  readonly lineages: Lineages
  at(connection: ConnectionSummary): Promise<Site>
  dispose(): Promise<void>
}

export function openTrials({ config, isOffline }: { readonly config: string; readonly isOffline: boolean }): Trials {
  const { connections, targets, problem } = targetsOf(config, isOffline)
  const analyzer = createSqlAnalyzer({ workersMax: 1 })
  const open: CatalogConnection[] = []
  const sites = new Map<string, Promise<Site>>()
  const reach = async (name: string): Promise<Site> => {
    const target = targets.get(name)
    if (target === undefined) return siteWithout(problem ?? 'offline')
    try {
      const connection = await connectTo(target, 0)
      open.push(connection)
      connection.client.on('error', () => connection.destroy())
      const deadline = setTimeout(() => connection.destroy(), catalogLoadMs)
      const { catalog } = await loadCatalog(connection.client, 1).finally(() => clearTimeout(deadline))
      return siteOf(connection, catalog)
    } catch (error) {
      return siteWithout(`cannot be reached: ${messageOf(error)}`)
    }
  }
  return {
    connections,
    analyze: async (text) => analyzer.analyze(text),
    lineages: analyzer.lineages,
    at({ name }) {
      const site = sites.get(name) ?? reach(name)
      sites.set(name, site)
      return site
    },
    async dispose() {
      for (const { destroy } of open) destroy()
      await analyzer.dispose()
    },
  }
}

interface Targets { readonly connections: readonly ConnectionSummary[]; readonly targets: ReadonlyMap<string, PostgresTarget>; readonly problem: string | null }

/** Offline no secret is touched; a secret that is not at hand leaves the connections out of reach. Throws config_invalid. */
function targetsOf(file: string, isOffline: boolean): Targets {
  const read = readConfig(file)
  if (!read.ok) throw problemsError(read.problems)
  const connections = read.written.connections.map((one): ConnectionSummary => ({ name: one.name, kind: one.kind, labels: one.labels, ...(one.kind === 'postgres' && { database: one.database }) }))
  if (isOffline) return { connections, targets: new Map(), problem: null }
  try {
    return { connections, targets: new Map(loadConfig(file).connections.flatMap((target) => (isKubernetes(target) ? [] : [[target.summary.name, target]]))), problem: null }
  } catch (error) {
    return { connections, targets: new Map(), problem: `cannot be reached: ${messageOf(error)}` }
  }
}

function siteOf({ client }: CatalogConnection, catalog: Catalog): Site {
  return {
    catalog, note: null,
    async describe(text) {
      try {
        return { fields: await describeFields(client, text) }
      } catch (error) {
        return { unknown: `the server cannot describe it: ${messageOf(error)}` }
      }
    },
  }
}

const siteWithout = (note: string): Site => ({ catalog: null, note, describe: () => Promise.resolve({ unknown: `no catalog (${note})` }) })

const messageOf = (error: unknown): string => (error instanceof Error && error.message !== '' ? error.message : String((error as NodeJS.ErrnoException).code ?? error))
