// Where in the tab's text a run's errors stand. A refusal marks its whole statement; an error with a position marks the word there.
import type { StatementState } from '../../shared/ipc.ts'
import type { RunView } from './run-state.ts'
import type { TextRange } from './statement-at.ts'

export interface Mark { readonly range: TextRange; readonly message: string; readonly kind: 'refusal' | 'error' }

export function placeOf(view: RunView, state: StatementState): TextRange {
  const start = view.base + state.offset
  const whole = { start, end: start + state.text.trimEnd().length }
  const position = state.error?.position ?? null
  if (state.error === null || state.error.isRefusal || position === null) return whole
  const word = /^(?:"[^"]*"|[\p{L}\p{N}_$.]+|[^\s])/u.exec(state.text.slice(position))?.[0] ?? ''
  return { start: start + position, end: start + position + Math.max(1, word.length) }
}

export function editorMarks(view: RunView | null): readonly Mark[] {
  if (view === null) return []
  return view.statements.flatMap((state) => (state.error === null || state.status === 'cancelled' ? [] : [{
    range: placeOf(view, state), message: [state.error.message, state.error.hint].filter((part) => part !== null).join('\n'), kind: state.error.isRefusal ? 'refusal' as const : 'error' as const,
  }]))
}
