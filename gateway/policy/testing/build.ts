// Small makers for policy tests: a snapshot from YAML as people write it, facts from a few words.
import type { ResolvedAccess, SqlCommandFacts, SqlKind, SqlStatement } from '../../../shared/command.ts'
import type { ConnectionSummary } from '../../../shared/connection.ts'
import { policySchema } from '../../../shared/policy/rule.ts'
import type { Principal } from '../../../shared/principal.ts'
import { parseYamlFile, problemsError } from '../../yaml-file.ts'
import type { PolicySnapshot } from '../snapshot.ts'

export function snapshotOf(...files: readonly string[]): PolicySnapshot {
  const policies = files.map((text, at) => {
    const parsed = parseYamlFile(policySchema, `policies/${at}.yaml`, text)
    if (!parsed.ok) throw problemsError(parsed.problems)
    return parsed.value
  })
  return { hash: 'test', policies }
}

export const shop: ConnectionSummary = { name: 'shop', kind: 'postgres', labels: { env: 'production' }, database: 'shop' }

export function someone(parts: Partial<Principal> = {}): Principal {
  return { id: 'corp:ann', provider: 'corp', subject: 'ann', kind: 'human', email: 'ann@example.com', groups: [], claims: {}, ...parts }
}

export const inGroup = (...groups: readonly string[]): Principal => someone({ groups })

/** `select public.customers`, `select a.t|b.t` (candidates), `do`, `free pg_catalog.pg_class`. */
export function access(words: string): ResolvedAccess {
  const [kind, relations] = words.split(' ') as [string, string | undefined]
  const isFreeCatalog = kind === 'free'
  return { kind: (isFreeCatalog ? 'select' : kind) as SqlKind, relations: relations === undefined ? [] : relations.split('|'), isFreeCatalog }
}

/** One statement: its kind is that of the first access unless `parts` says otherwise. */
export function statement(accesses: readonly string[], parts: Partial<SqlStatement> = {}) {
  const resolved = accesses.map(access)
  const kind = parts.kind ?? resolved[0]?.kind ?? 'select'
  const written: SqlStatement = {
    kind, tag: kind.toUpperCase(), start: 0, end: 0, accesses: [], columns: [], functions: [], isCopyingWrite: false, isHarmless: false,
    setsSearchPath: false, setting: null, prepares: null, executes: null, deallocates: null, declares: null, fetches: null, closes: null, ...parts,
  }
  return { statement: written, accesses: resolved }
}

/** One statement of these accesses. */
export const sql = (...accesses: readonly string[]): SqlCommandFacts => ({ kind: 'sql', statements: [statement(accesses)] })
