// The line under the results: how the statement stands, how many rows, how long.
import { useEffect, useState } from 'react'
import type { StatementState } from '../../shared/ipc.ts'
import { duration, plural } from '../lib/format.ts'
import { isHeld, type RunView } from '../lib/run-state.ts'
import { Button } from '../ui/Button.tsx'
import { Keys } from '../ui/Keys.tsx'
import { Spinner } from '../ui/Spinner.tsx'
import styles from './StatusLine.module.css'

export interface StatusLineProps { readonly view: RunView | null; readonly state: StatementState | null; readonly onCancel: () => void }

export function StatusLine({ view, state, onCancel }: StatusLineProps) {
  const isRunning = view?.isActive === true
  return (
    <footer className={styles['line']}>
      {isRunning && <><Spinner size={12} /><Elapsed since={view.startedAt} /></>}
      <span role="status" aria-busy={isRunning} className={styles['words']}>{words(view, state)}</span>
      {isRunning && <span className={styles['end']}><Button size="small" look="ghost" onClick={onCancel}>Cancel</Button><Keys keys="Esc" /></span>}
      {!isRunning && state !== null && state.rows > 0 && <span className={styles['keys']}><Keys keys="Mod+C" /> copies the cell, with <Keys keys="Shift" /> the row</span>}
    </footer>
  )
}

function words(view: RunView | null, state: StatementState | null): string {
  if (view === null) return 'Ready'
  if (view.failure !== null) return 'Did not run'
  if (state === null) return view.isActive ? 'Starting' : 'Nothing to run'
  const rows = state.columns.length > 0 ? plural(state.rows, 'row') : null
  const time = state.status === 'queued' || state.status === 'running' ? null : duration(state.ms)
  return [stand(state), rows, time, state.status === 'done' ? state.tag : null].filter((part) => part !== null).join(' · ')
}

function stand(state: StatementState): string {
  if (isHeld(state)) return 'Waiting for approval'
  if (state.status === 'running') return state.columns.length > 0 ? 'Receiving' : 'Running'
  if (state.error?.isRefusal === true) return 'Refused'
  return { queued: 'Waiting', done: 'Done', failed: 'Failed', cancelled: state.error === null && state.ms === 0 ? 'Not run' : 'Cancelled' }[state.status]
}

function Elapsed({ since }: { readonly since: number }) {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 100)
    return () => clearInterval(timer)
  }, [])
  return <span className={styles['elapsed']}>{duration(Math.max(1, now - since))}</span>
}
