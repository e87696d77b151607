// Lineage as the decision needs it: at once where it was traced before, else to be traced in a parser's thread first. Kept as long
// as the statement's facts are; the newest catalog's only.
import type { StatementSource } from '../../shared/command.ts'
import type { Catalog } from './catalog.ts'
import { unknownTrace, type Trace } from './lineage/lineage-of.ts'
import type { ParserPool } from './parser-pool.ts'
import type { SearchPath } from './resolve.ts'

/** A statement whose lineage is wanted. */
export interface Untraced { readonly source: StatementSource; readonly path: SearchPath }

export interface Lineages {
  /** Null: not traced yet. */
  known(source: StatementSource, catalog: Catalog, path: SearchPath): Trace | null
  /** Afterwards all of them are known, if only as unknown. Never rejects. */
  trace(wanted: readonly Untraced[], catalog: Catalog): Promise<void>
}

interface Entry { readonly catalog: Catalog; readonly byPath: Map<SearchPath, Trace> }

export function createLineages(pool: ParserPool): Lineages {
  const entries = new WeakMap<StatementSource, Entry>()

  function keep({ source, path }: Untraced, catalog: Catalog, lineage: Trace): void {
    let entry = entries.get(source)
    if (entry?.catalog !== catalog) entries.set(source, (entry = { catalog, byPath: new Map() }))
    entry.byPath.set(path, lineage)
  }

  async function traceText(text: string, wanted: readonly Untraced[], catalog: Catalog): Promise<void> {
    const paths: (SearchPath | null)[] = []
    for (const { source, path } of wanted) paths[source.index] = path
    const answer = await pool.trace(text, catalog, Array.from(paths, (path) => path ?? null))
    for (const one of wanted) {
      keep(one, catalog, answer.kind === 'traced' ? answer.statements[one.source.index] ?? untold : unknownTrace(answer.reason))
    }
  }

  return {
    known(source, catalog, path) {
      const entry = entries.get(source)
      return entry?.catalog === catalog ? entry.byPath.get(path) ?? null : null
    },
    async trace(wanted, catalog) {
      const texts = Map.groupBy(wanted, ({ source }) => source.text)
      await Promise.all([...texts].map(([text, statements]) => traceText(text, statements, catalog)))
    },
  }
}

const untold = unknownTrace('the SQL parser says nothing of the statement')
