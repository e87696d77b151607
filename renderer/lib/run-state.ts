// One editor's run as the renderer sees it: the answer to `sql.run` and the events around it, in whatever order they come.
import type { HeldStatement, StatementState } from '../../shared/ipc.ts'

export interface RunView {
  /** Null until the host named the run. */
  readonly run: string | null
  /** The run before this one: its late events are not ours. */
  readonly previous: string | null
  readonly isActive: boolean
  /** Where the text that was sent begins in the tab's text. */
  readonly base: number
  readonly startedAt: number
  readonly statements: readonly StatementState[]
  /** The call itself failed (nothing ran, or nobody knows). */
  readonly failure: string | null
}

export function startRun(before: RunView | null, base: number, now: number): RunView {
  return { run: null, previous: before?.run ?? before?.previous ?? null, isActive: true, base, startedAt: now, statements: [], failure: null }
}

/** It waits for humans: nothing came of it yet. */
export const isHeld = (state: StatementState): state is StatementState & { readonly held: HeldStatement } =>
  state.status === 'running' && state.held !== null && state.columns.length === 0

const isOver = (state: StatementState): boolean => state.status === 'done' || state.status === 'failed' || state.status === 'cancelled'

/** A run stops at its first failure: what is still queued behind one never runs. */
function isFinished(statements: readonly StatementState[]): boolean {
  if (statements.some((state) => state.status === 'failed' || state.status === 'cancelled')) return !statements.some((state) => state.status === 'running')
  return statements.length > 0 && statements.every(isOver)
}

export function answered(view: RunView, run: string, statements: readonly StatementState[]): RunView {
  const isSame = view.statements[0]?.run === run
  const merged = statements.map((state) => (isSame ? view.statements.find(({ index }) => index === state.index) : undefined) ?? state)
  return { ...view, run, statements: merged, isActive: !isFinished(merged) && merged.length > 0 }
}

export function progressed(view: RunView, state: StatementState): RunView {
  if (state.run === view.previous || (view.run !== null && state.run !== view.run)) return view
  const known = view.statements.filter(({ index, run }) => index !== state.index && run === state.run)
  const statements = [...known, state].sort((a, b) => a.index - b.index)
  // Before the answer nobody knows how many statements there are.
  return { ...view, statements, isActive: view.run === null || !isFinished(statements) }
}

export function failed(view: RunView, message: string): RunView {
  return { ...view, isActive: false, failure: message }
}

/** Which statement to show when none was picked: the failed one, else the running one, else the last that began. */
export function shownIndex(view: RunView): number {
  const at = (test: (state: StatementState) => boolean) => view.statements.findIndex(test)
  const failedAt = at((state) => state.status === 'failed')
  if (failedAt !== -1) return failedAt
  const running = at((state) => state.status === 'running')
  if (running !== -1) return running
  return Math.max(0, view.statements.findLastIndex((state) => state.status !== 'queued'))
}
