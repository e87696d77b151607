// The seam of gateway/sql: a text in, facts out. What stands behind it (worker, cache, normal form) is nobody's business outside.
import { LRUCache } from 'lru-cache'
import type { SqlFacts } from '../../shared/command.ts'
import { factsCacheBytesMax, factsCacheEntriesMax, normalFormCharactersMax, parseMs, parserWorkersMax, statementBytesMax } from '../limits.ts'
import { createLineages, type Lineages } from './lineages.ts'
import { normalForm } from './normal-form.ts'
import type { Parsed } from './parse.ts'
import { ParserPool } from './parser-pool.ts'

/**
 * Facts, or why there are none. `facts` is one object per cached entry: callers may key what they derive by its identity
 * (two texts that differ only in constants proven irrelevant share it; their one statement then runs to the end of the text).
 */
export type Analysis =
  | { readonly kind: 'facts'; readonly facts: SqlFacts }
  /** PostgreSQL itself would refuse it: message and UTF-8 byte position as its own parser gives them. */
  | { readonly kind: 'syntax-error'; readonly message: string; readonly position: number | null }
  /** Ours failed (depth, time, worker lost, NUL, size): refuse, name the reason. */
  | { readonly kind: 'failed'; readonly reason: string }

export interface SqlAnalyzer {
  /** At once when cached; else from a worker. Never rejects. `text` is decoded UTF-8. */
  analyze(text: string): Analysis | Promise<Analysis>
  readonly lineages: Lineages
  dispose(): Promise<void>
}

export interface SqlAnalyzerOptions {
  readonly workersMax?: number
  readonly parseMs?: number
  /** For tests: another script in the parser threads. */
  readonly script?: URL
}

export function createSqlAnalyzer(options: SqlAnalyzerOptions = {}): SqlAnalyzer {
  const pool = new ParserPool({
    workersMax: options.workersMax ?? parserWorkersMax, parseMs: options.parseMs ?? parseMs,
    ...(options.script === undefined ? {} : { script: options.script }),
  })
  const byText = newCache()
  const byForm = newCache()
  const underWay = new Map<string, Promise<Analysis>>()

  async function ask(text: string): Promise<Analysis> {
    const parsed = await pool.parse(text)
    underWay.delete(text)
    const form = parsed.kind === 'facts' ? parsed.form : null
    // Two texts of one form may have been parsed at the same time: the first one's facts are the shared object.
    const known = form === null ? undefined : byForm.get(form)
    if (known !== undefined) return known
    const analysis = analysisOf(parsed, text)
    if (form !== null) byForm.set(form, analysis)
    else if (analysis.kind !== 'failed') byText.set(text, analysis)
    return analysis
  }

  return {
    analyze(text) {
      const known = byText.get(text)
      if (known !== undefined) return known
      const form = text.length > normalFormCharactersMax ? null : normalForm(text)
      const shared = form === null ? undefined : byForm.get(form)
      if (shared !== undefined) return shared
      const refused = refusalOf(text)
      if (refused !== null) return { kind: 'failed', reason: refused }
      const joined = underWay.get(text)
      if (joined !== undefined) return joined
      const asked = ask(text)
      underWay.set(text, asked)
      return asked
    },
    lineages: createLineages(pool),
    dispose: () => pool.dispose(),
  }
}

/** What never reaches the parser. It stops at NUL, and would judge less than the server executes. */
function refusalOf(text: string): string | null {
  if (text.length > statementBytesMax || Buffer.byteLength(text) > statementBytesMax) return `the statement is longer than statementBytesMax (${statementBytesMax} bytes)`
  if (text.includes('\0')) return 'the statement holds a NUL character'
  if (!text.isWellFormed()) return 'the statement is not valid Unicode'
  return null
}

function analysisOf(parsed: Parsed, text: string): Analysis {
  switch (parsed.kind) {
    case 'facts': return { kind: 'facts', facts: { kind: 'sql', statements: parsed.facts.statements.map((statement, index) => ({ ...statement, source: { text, index } })) } }
    case 'syntax-error': return parsed
    case 'refused': case 'fatal': return { kind: 'failed', reason: parsed.reason }
  }
}

/** Each of the two caches has half of the bytes. */
function newCache(): LRUCache<string, Analysis> {
  return new LRUCache({
    max: factsCacheEntriesMax, maxSize: factsCacheBytesMax / 2,
    sizeCalculation: (analysis, text) => text.length * 2 + (analysis.kind === 'facts' ? bytesOf(analysis.facts) : 200),
  })
}

/** About what the objects take. */
function bytesOf(facts: SqlFacts): number {
  return facts.statements.reduce((sum, { accesses, columns, functions }) => sum + 400 + 150 * (accesses.length + columns.length + functions.length), 200)
}
