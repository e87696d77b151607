// What the last run of a tab gave: one tab a statement, its rows, error or refusal, its notices, and a status line.
import { Braces } from 'lucide-react'
import type { StatementState } from '../../shared/ipc.ts'
import { count } from '../lib/format.ts'
import { isHeld, shownIndex, type RunView } from '../lib/run-state.ts'
import { pickStatement, type TabRun } from '../stores/runs.ts'
import { Banner } from '../ui/Banner.tsx'
import { Keys } from '../ui/Keys.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import { classes } from '../ui/classes.ts'
import { HeldEndPanel } from './HeldEndPanel.tsx'
import { HeldPanel } from './HeldPanel.tsx'
import { NoticeList } from './NoticeList.tsx'
import { ResultGrid } from './ResultGrid.tsx'
import styles from './ResultPane.module.css'
import { SqlErrorPanel } from './SqlErrorPanel.tsx'
import { StatusLine } from './StatusLine.tsx'

export interface ResultPaneProps {
  readonly tab: string
  readonly run: TabRun
  /** Shows a place of the statement in the editor. */
  readonly onShow: (state: StatementState) => void
  /** Says what a statement is for that was refused without a reason. */
  readonly onSay: (state: StatementState) => void
  readonly onCancel: () => void
}

export function ResultPane({ tab, run, onShow, onSay, onCancel }: ResultPaneProps) {
  const { view } = run
  const at = view === null ? 0 : (run.picked ?? shownIndex(view))
  const state = view?.statements.find(({ index }) => index === at) ?? null
  return (
    <section className={styles['pane']} aria-label="Results">
      {run.lost !== null && <Banner tone="warn" isFlat>Session ended: <Untrusted text={run.lost} /> The next run opens a new one; temporary tables, settings and open transactions are gone.</Banner>}
      {view !== null && view.statements.length > 0 && <StatementTabs tab={tab} view={view} at={at} />}
      <div className={styles['body']} role="tabpanel" aria-label={state === null ? 'Result' : `Result of statement ${at + 1}`}>
        {view?.failure != null && <div className={styles['inset']}><Banner tone="danger"><Untrusted text={view.failure} /></Banner></div>}
        {view?.isActive === true && run.cancelFailure !== null && <div className={styles['inset']}><Banner tone="warn">The cancel did not go through: <Untrusted text={run.cancelFailure} /> Cancel once more to end the session.</Banner></div>}
        {view === null && <Hint />}
        {state !== null && <StatementResult key={`${state.run} ${state.index}`} state={state} onShow={() => onShow(state)} onSay={() => onSay(state)} onCancel={onCancel} />}
      </div>
      <StatusLine view={view} state={state} onCancel={onCancel} />
    </section>
  )
}

const Hint = () => (
  <div className={styles['hint']}>
    <Braces size={20} aria-hidden="true" />
    <p>Results appear here.</p>
    <p><Keys keys="Mod+Enter" /> runs the statement at the cursor, <Keys keys="Mod+Shift+Enter" /> runs all.</p>
  </div>
)

function StatementTabs({ tab, view, at }: { readonly tab: string; readonly view: RunView; readonly at: number }) {
  const move = (key: string) => {
    const to = key === 'ArrowRight' ? at + 1 : key === 'ArrowLeft' ? at - 1 : at
    if (view.statements[to] === undefined) return
    pickStatement(tab, to)
    document.getElementById(`statement-${to}`)?.focus()
  }
  return (
    <div role="tablist" aria-label="Statements" className={styles['tabs']}>
      {view.statements.map((state) => (
        <button
          key={state.index} id={`statement-${state.index}`} type="button" role="tab" aria-selected={state.index === at} tabIndex={state.index === at ? 0 : -1} className={styles['tab']}
          onClick={() => pickStatement(tab, state.index)} onKeyDown={(event) => move(event.key)} title={state.text.slice(0, 400)}
        >
          <span className={classes(styles['dot'], styles[state.error?.isRefusal === true ? 'refused' : isHeld(state) ? 'held' : state.status])} aria-hidden="true" />
          <span className={styles['tabText']}>{firstWords(state.text)}</span>
          <span className={styles['tabCount']}>{sign(state)}</span>
        </button>
      ))}
    </div>
  )
}

function firstWords(text: string): string {
  const words = text.replaceAll(/--[^\n]*\n?|\s+/g, ' ').trim()
  return words.length > 32 ? `${words.slice(0, 31)}…` : words || 'statement'
}

/** Its turn never came, because one before it failed or was cancelled. */
const neverRan = (state: StatementState): boolean => state.status === 'cancelled' && state.error === null && state.ms === 0

function sign(state: StatementState): string {
  if (isHeld(state)) return 'waits'
  if (neverRan(state)) return 'not run'
  if (state.error?.isRefusal === true) return 'refused'
  if (state.status === 'failed' || state.status === 'cancelled' || state.status === 'queued') return state.status
  return state.columns.length > 0 ? count(state.rows) : ''
}

function StatementResult({ state, onShow, onSay, onCancel }: { readonly state: StatementState; readonly onShow: () => void; readonly onSay: () => void; readonly onCancel: () => void }) {
  if (isHeld(state)) return <HeldPanel held={state.held} onCancel={onCancel} />
  if (state.held !== null && state.error?.isRefusal === true) return <HeldEndPanel held={state.held} error={state.error} />
  // What the user asked for is no error.
  const isCancelled = state.status === 'cancelled'
  const hasGrid = state.result !== null && state.columns.length > 0 && (state.rows > 0 || !isCancelled)
  return (
    <>
      {state.error !== null && !isCancelled && <SqlErrorPanel error={state.error} hasRows={hasGrid && state.rows > 0} onShow={onShow} onSay={onSay} />}
      {hasGrid && (state.error === null || isCancelled || state.rows > 0) && <ResultGrid key={state.result} result={state.result!} columns={state.columns} rows={state.rows} label={`Rows of statement ${state.index + 1}`} />}
      {!hasGrid && (state.error === null || isCancelled) && <p className={styles['done']}>{plainOutcome(state)}</p>}
      {state.notices.length > 0 && <NoticeList notices={state.notices} />}
    </>
  )
}

function plainOutcome(state: StatementState): string {
  if (state.status === 'done') return state.tag === null ? 'Done.' : `${state.tag} — done, no rows to show.`
  if (neverRan(state)) return 'Not run: a statement before it failed or was cancelled.'
  if (state.status === 'cancelled') return 'Cancelled.'
  return state.status === 'queued' ? 'Waiting for the statements before it.' : 'Running…'
}
