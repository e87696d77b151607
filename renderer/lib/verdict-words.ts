// A pre-flight verdict in the editor's few words, and as marks on its statements.
import type { PreflightVerdict } from '../../shared/preflight.ts'
import { plural } from './format.ts'
import type { Preflight } from './preflight.ts'
import { bareReason } from './refusal.ts'
import type { TextRange } from './statement-at.ts'

export interface VerdictMark { readonly range: TextRange; readonly kind: PreflightVerdict['kind']; readonly short: string; readonly reason: string | null }

const columnsNamedMax = 3

export function shortVerdict(verdict: PreflightVerdict): string {
  switch (verdict.kind) {
    case 'allowed': return 'allowed'
    case 'masked': return `masks ${verdict.columns.length <= columnsNamedMax && verdict.columns.length > 0 ? verdict.columns.join(', ') : plural(verdict.columns.length, 'column')}`
    case 'approval': return `needs approval by ${verdict.by.join(' or ')}`
    case 'blocked': return `blocked: ${bareReason(verdict.reason)}`
    case 'unknown': return 'cannot tell'
  }
}

export function marksOf(preflight: Preflight): readonly VerdictMark[] {
  if (preflight.kind !== 'known') return []
  const { statements, problem } = preflight
  return statements.map(({ start, end, verdict }) => {
    const shown: PreflightVerdict = problem === null ? verdict : { kind: 'unknown', reason: problem }
    return { range: { start, end }, kind: shown.kind, short: shortVerdict(shown), reason: shown.kind === 'allowed' ? null : shown.reason }
  })
}
