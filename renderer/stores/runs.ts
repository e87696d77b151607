// What runs in each editor tab. A tab gets its own editor session (one PostgreSQL session) at its first run.
import { create } from 'zustand'
import { call, desktop } from '../lib/current-desktop.ts'
import { failureOf } from '../lib/failure.ts'
import type { Preflight } from '../lib/preflight.ts'
import { knownToWant, wantsReason, type Sent } from '../lib/wants-reason.ts'
import { answered, failed, progressed, startRun, type RunView } from '../lib/run-state.ts'

export interface TabRun {
  readonly editor: string | null
  readonly view: RunView | null
  /** The statement picked among the results; null: the one that matters most. */
  readonly picked: number | null
  /** Why a cancel did not go through; of interest only while the run goes on. */
  readonly cancelFailure: string | null
  /** Why the editor's session ended, until the next run. */
  readonly lost: string | null
  /** What is to be sent as soon as it is said what it is for; null: nothing. */
  readonly asking: Sent | null
}

export const idle: TabRun = { editor: null, view: null, picked: null, cancelFailure: null, lost: null, asking: null }

export const useRuns = create<{ readonly byTab: Readonly<Record<string, TabRun>> }>(() => ({ byTab: {} }))

export const runOf = (tab: string): TabRun => useRuns.getState().byTab[tab] ?? idle

function update(tab: string, next: (run: TabRun) => TabRun): void {
  useRuns.setState(({ byTab }) => ({ byTab: { ...byTab, [tab]: next(byTab[tab] ?? idle) } }))
}

const tabOf = (editor: string): string | undefined =>
  Object.entries(useRuns.getState().byTab).find(([, run]) => run.editor === editor)?.[0]

export function watchRuns(): void {
  desktop().on('sql.statement', ({ editor, state }) => {
    const tab = tabOf(editor)
    if (tab !== undefined) update(tab, (run) => (run.view === null ? run : { ...run, view: progressed(run.view, state) }))
  })
  desktop().on('sql.lost', ({ editor, reason }) => {
    const tab = tabOf(editor)
    if (tab !== undefined) update(tab, (run) => ({ ...run, lost: reason }))
  })
}

async function editorOf(tab: string, connection: string): Promise<string> {
  const known = runOf(tab).editor
  if (known !== null) return known
  const { editor } = await call('sql.open', { connection })
  update(tab, (run) => ({ ...run, editor }))
  return editor
}

/** What was said of texts that were sent, for when they are sent again: the newest, while the window lives. */
const said = new Map<string, string>()
const saidMax = 100
export const saidBefore = ({ text }: Sent): string => said.get(text) ?? ''

function remember(text: string, reason: string): void {
  said.delete(text)
  said.set(text, reason)
  if (said.size > saidMax) said.delete(said.keys().next().value!)
}

/** First asks what it is for, where policy wants to be told: then the tab is `asking`, and nothing was sent. */
export async function runText(tab: string, connection: string, sent: Sent, preflight: Preflight = { kind: 'none' }): Promise<void> {
  if (runOf(tab).view?.isActive === true || sent.text.trim() === '') return
  const known = knownToWant(preflight, sent)
  if (known === false) return send(tab, connection, sent, null)
  update(tab, (run) => ({ ...run, view: startRun(run.view, sent.base, Date.now()), picked: null, cancelFailure: null, lost: null }))
  const isWanted = known ?? await wantsReason((text) => call('sql.preflight', { connection, text }), sent.text, askMs)
  const { view } = runOf(tab)
  // Forgotten meanwhile: its tab was closed.
  if (view === null) return
  if (!isWanted) return send(tab, connection, sent, null)
  update(tab, (run) => ({ ...run, view: null }))
  askReason(tab, sent)
}

/** Longer nobody waits before a run for what only spares a refusal. */
const askMs = 1_500

export const askReason = (tab: string, sent: Sent): void => update(tab, (run) => ({ ...run, asking: sent }))
export const stopAsking = (tab: string): void => update(tab, (run) => ({ ...run, asking: null }))

/** What was asked about is sent, with its reason. */
export async function runWithReason(tab: string, connection: string, reason: string): Promise<void> {
  const { asking, view } = runOf(tab)
  if (asking === null || view?.isActive === true) return
  remember(asking.text, reason)
  stopAsking(tab)
  await send(tab, connection, asking, reason)
}

/** `base` is where `text` begins in the tab, so that errors find their place. One run at a time: a second is ignored. */
async function send(tab: string, connection: string, sent: Sent, reason: string | null): Promise<void> {
  update(tab, (run) => ({ ...run, view: startRun(run.view, sent.base, Date.now()), picked: null, cancelFailure: null, lost: null }))
  try {
    const editor = await editorOf(tab, connection)
    const { run: id, statements } = await call('sql.run', { editor, text: sent.text, ...(reason !== null && { reason }) })
    update(tab, (run) => (run.view === null ? run : { ...run, view: answered(run.view, id, statements) }))
  } catch (reason) {
    const { message, code } = failureOf(reason)
    // The host no longer knows the editor (it was restarted): the next run opens another.
    const editor = code === 'not_found' ? null : runOf(tab).editor
    update(tab, (run) => ({ ...run, editor, view: run.view === null ? null : failed(run.view, message) }))
  }
}

/** A run that could not even be sent. */
export function failRun(tab: string, reason: unknown): void {
  update(tab, (run) => ({ ...run, view: failed(startRun(run.view, 0, Date.now()), failureOf(reason).message), picked: null }))
}

export async function cancelRun(tab: string): Promise<void> {
  const { editor, view } = runOf(tab)
  if (editor === null || view?.isActive !== true) return
  try {
    await call('sql.cancel', { editor })
  } catch (reason) {
    const { message } = failureOf(reason)
    update(tab, (run) => ({ ...run, cancelFailure: message }))
  }
}

export const pickStatement = (tab: string, index: number): void => update(tab, (run) => ({ ...run, picked: index }))

/** Ends the tab's PostgreSQL session and forgets its results. */
export function forgetTab(tab: string): void {
  const { editor } = runOf(tab)
  useRuns.setState(({ byTab }) => ({ byTab: Object.fromEntries(Object.entries(byTab).filter(([id]) => id !== tab)) }))
  // Closing what is already gone is no news to anyone.
  if (editor !== null) void call('sql.close', { editor }).catch(() => undefined)
}

export function forgetAllTabs(): void {
  for (const tab of Object.keys(useRuns.getState().byTab)) forgetTab(tab)
}
