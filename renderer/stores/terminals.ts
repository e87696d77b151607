// Terminal tabs of each connection, and the screens they show. A screen lives as long as its tab, whatever page is in view: output
// that arrives meanwhile is drawn all the same, and acknowledged when it is.
import { create } from 'zustand'
import type { TerminalInfo } from '../../shared/ipc.ts'
import { base64Of, bytesOfBase64 } from '../lib/base64.ts'
import { call, desktop } from '../lib/current-desktop.ts'
import { failureOf } from '../lib/failure.ts'
import type { Paste } from '../lib/paste.ts'
import type { Size, TerminalScreen } from '../lib/terminal-screen.ts'
import { isDarkNow } from '../lib/use-dark.ts'
import { useSettings } from './settings.ts'

export type TerminalStatus =
  | { readonly kind: 'new' } | { readonly kind: 'opening' } | { readonly kind: 'open' }
  /** The shell is gone; what it wrote stays readable. */
  | { readonly kind: 'ended'; readonly reason: string }
  | { readonly kind: 'failed'; readonly message: string }

export interface TerminalTab {
  readonly id: string
  readonly connection: string
  readonly number: number
  /** The host's terminal; another one with each session. */
  readonly terminal: string
  readonly info: TerminalInfo | null
  readonly status: TerminalStatus
  readonly screen: TerminalScreen
  /** Wrote something while another tab was in view. */
  readonly hasNews: boolean
}

export const resourcesTab = 'resources'

export interface ClusterTabs {
  readonly tabs: readonly TerminalTab[]
  /** A tab's id, or `resourcesTab`; empty: the first terminal is on its way. */
  readonly active: string
  /** Of the resource view; null: all. */
  readonly namespace: string | null
}

interface TerminalsStore {
  readonly sets: Readonly<Record<string, ClusterTabs>>
  /** A paste that waits for an answer. */
  readonly asked: { readonly tab: string; readonly paste: Paste; readonly go: () => void } | null
  /** The tab whose screen is searched. */
  readonly finding: string | null
}

export const useTerminals = create<TerminalsStore>(() => ({ sets: {}, asked: null, finding: null }))

const empty: ClusterTabs = { tabs: [], active: '', namespace: 'default' }
export const clusterTabs = (connection: string): ClusterTabs => useTerminals.getState().sets[connection] ?? empty
export const useClusterTabs = (connection: string): ClusterTabs => useTerminals((store) => store.sets[connection]) ?? empty

function change(connection: string, next: (set: ClusterTabs) => ClusterTabs): void {
  useTerminals.setState(({ sets }) => ({ sets: { ...sets, [connection]: next(sets[connection] ?? empty) } }))
}

const allTabs = (): readonly TerminalTab[] => Object.values(useTerminals.getState().sets).flatMap(({ tabs }) => tabs)
const tabOf = (id: string): TerminalTab | undefined => allTabs().find((tab) => tab.id === id)
const tabOfTerminal = (terminal: string): TerminalTab | undefined => allTabs().find((tab) => tab.terminal === terminal)

function update(id: string, next: Partial<TerminalTab>): void {
  const tab = tabOf(id)
  if (tab !== undefined) change(tab.connection, (set) => ({ ...set, tabs: set.tabs.map((each) => (each.id === id ? { ...each, ...next } : each)) }))
}

/** This window's, across reloads: what it left behind is known by it. */
const pageKey = 'gatehouse.page'
function pageId(): string {
  const known = sessionStorage.getItem(pageKey)
  if (known !== null) return known
  const fresh = crypto.randomUUID()
  sessionStorage.setItem(pageKey, fresh)
  return fresh
}

/** One base64 call holds so much; a longer paste goes in parts. */
const writeBytesMax = 48 * 1024

function send(id: string, bytes: Uint8Array): void {
  const tab = tabOf(id)
  if (tab === undefined || (tab.status.kind !== 'open' && tab.status.kind !== 'opening')) return
  for (let from = 0; from < bytes.length; from += writeBytesMax) {
    call('terminals.write', { terminal: tab.terminal, base64: base64Of(bytes.subarray(from, from + writeBytesMax)) }).catch((reason: unknown) => {
      if (tabOf(id)?.terminal === tab.terminal) update(id, { status: { kind: 'ended', reason: failureOf(reason).message } })
    })
  }
}

async function newScreen(id: string, label: string): Promise<TerminalScreen> {
  const { TerminalScreen } = await import('../lib/terminal-screen.ts')
  const quietly = (asked: Promise<unknown>) => void asked.catch(() => undefined) // That it has ended is told by its event.
  return new TerminalScreen({
    label, settings: useSettings.getState().terminal, isDark: isDarkNow(),
    onInput: (bytes) => send(id, bytes),
    onResize: ({ cols, rows }) => { const tab = tabOf(id); if (tab?.status.kind === 'open') quietly(call('terminals.resize', { terminal: tab.terminal, cols, rows })) },
    onShown: (bytes) => { const tab = tabOf(id); if (tab !== undefined && bytes > 0) quietly(call('terminals.acknowledge', { terminal: tab.terminal, bytes })) },
    onAsk: (paste, go) => useTerminals.setState({ asked: { tab: id, paste, go } }),
    onLink: (url) => quietly(call('app.openLink', { url })),
    onLeave: () => document.getElementById(terminalTabElementId(id))?.focus(),
    onFind: () => useTerminals.setState({ finding: id }),
  })
}

export const terminalTabElementId = (id: string): string => `terminal-tab-${id}`

function freeNumber(tabs: readonly TerminalTab[]): number {
  let number = 1
  while (tabs.some((tab) => tab.number === number)) number++
  return number
}

/** Tabs that are being made: a second press while the code loads makes no second one. */
const making = new Set<string>()
/** How often a tab was chosen: who looks elsewhere while a terminal loads stays there. */
let choices = 0

export const terminals = {
  /** A new tab, in view; its shell starts when its size is known (`start`). */
  add: async (connection: string): Promise<string | null> => {
    if (making.has(connection)) return null
    making.add(connection)
    const chosen = choices
    try {
      const id = crypto.randomUUID()
      const screen = await newScreen(id, `Terminal on ${connection}`)
      change(connection, (set) => ({
        ...set, active: chosen === choices ? id : set.active, tabs: [...set.tabs, { id, connection, number: freeNumber(set.tabs), terminal: crypto.randomUUID(), info: null, status: { kind: 'new' }, screen, hasNews: false }],
      }))
      return id
    } finally {
      making.delete(connection)
    }
  },
  start: async (id: string, { cols, rows }: Size): Promise<void> => {
    const tab = tabOf(id)
    if (tab?.status.kind !== 'new') return
    update(id, { status: { kind: 'opening' } })
    const isMine = () => tabOf(id)?.terminal === tab.terminal
    try {
      const info = await call('terminals.open', { terminal: tab.terminal, connection: tab.connection, cols, rows, namespace: tab.info?.namespace ?? clusterTabs(tab.connection).namespace, page: pageId() })
      if (!isMine()) return void call('terminals.close', { terminal: tab.terminal }).catch(() => undefined)
      // An event may have said more meanwhile.
      update(id, { info: tabOf(id)?.info?.terminal === info.terminal ? tabOf(id)!.info : info, ...(tabOf(id)?.status.kind === 'opening' && { status: { kind: 'open' } }) })
      const now = tab.screen.size
      if (now.cols !== cols || now.rows !== rows) await call('terminals.resize', { terminal: tab.terminal, ...now })
    } catch (reason) {
      if (isMine()) update(id, { status: { kind: 'failed', message: failureOf(reason).message } })
    }
  },
  /** Another shell, another listener, another kubeconfig: nothing of the session before goes on, and the screen says so. */
  restart: (id: string): void => {
    const tab = tabOf(id)
    if (tab === undefined) return
    void call('terminals.close', { terminal: tab.terminal }).catch(() => undefined)
    if (tab.info !== null) tab.screen.rule('a new session')
    update(id, { terminal: crypto.randomUUID(), status: { kind: 'new' } })
    void terminals.start(id, tab.screen.size)
    tab.screen.focus()
  },
  close: (id: string): void => {
    const tab = tabOf(id)
    if (tab === undefined) return
    void call('terminals.close', { terminal: tab.terminal }).catch(() => undefined)
    tab.screen.dispose()
    useTerminals.setState(({ finding, asked }) => ({ finding: finding === id ? null : finding, asked: asked?.tab === id ? null : asked }))
    change(tab.connection, (set) => {
      const at = set.tabs.findIndex((each) => each.id === id)
      const rest = set.tabs.filter((each) => each.id !== id)
      return { ...set, tabs: rest, active: set.active === id ? (rest[Math.min(at, rest.length - 1)]?.id ?? resourcesTab) : set.active }
    })
  },
  activate: (connection: string, id: string): void => {
    choices++
    change(connection, (set) => ({ ...set, active: id }))
    update(id, { hasNews: false })
  },
  setNamespace: (connection: string, namespace: string | null): void => change(connection, (set) => ({ ...set, namespace })),
  /** Puts the text at the prompt of the terminal that was in view last, or of a new one. It does not run. */
  type: async (connection: string, text: string): Promise<void> => {
    const open = clusterTabs(connection).tabs.filter(({ status }) => status.kind === 'open')
    const tab = open.find(({ id }) => id === lastActive.get(connection)) ?? open.at(-1)
    if (tab !== undefined) {
      terminals.activate(connection, tab.id)
      tab.screen.type(text)
      return tab.screen.focus()
    }
    const id = await terminals.add(connection)
    if (id !== null) pending.set(id, text)
  },
  forgetAll: (): void => {
    for (const { id } of allTabs()) terminals.close(id)
    lastActive.clear()
    pending.clear()
    useTerminals.setState({ sets: {}, asked: null, finding: null })
  },
}

const lastActive = new Map<string, string>()
/** Typed at the first prompt of a terminal that opens. */
const pending = new Map<string, string>()

export function watchTerminals(): void {
  desktop().on('terminal.output', ({ terminal, base64 }) => {
    const tab = tabOfTerminal(terminal)
    if (tab === undefined) return
    tab.screen.write(bytesOfBase64(base64))
    const set = clusterTabs(tab.connection)
    if (set.active !== tab.id && !tab.hasNews) update(tab.id, { hasNews: true })
    const text = pending.get(tab.id)
    if (text !== undefined) {
      pending.delete(tab.id)
      tab.screen.type(text)
    }
  })
  desktop().on('terminal.exit', ({ terminal, reason }) => {
    const tab = tabOfTerminal(terminal)
    if (tab !== undefined) update(tab.id, { status: { kind: 'ended', reason } })
  })
  desktop().on('terminal.changed', (info) => {
    const tab = tabOfTerminal(info.terminal)
    if (tab !== undefined) update(tab.id, { info })
  })
  useTerminals.subscribe(({ sets }) => { for (const [connection, { active }] of Object.entries(sets)) if (active !== resourcesTab && active !== '') lastActive.set(connection, active) })
  const adapt = () => { for (const { screen } of allTabs()) screen.adapt(useSettings.getState().terminal, isDarkNow()) }
  useSettings.subscribe(adapt)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', adapt)
  void closeLeft()
}

/** A page that crashed could not say that it goes. */
async function closeLeft(): Promise<void> {
  const left = (await call('terminals.list', null).catch(() => [])).filter(({ page }) => page === pageId())
  await Promise.all(left.filter(({ terminal }) => tabOfTerminal(terminal) === undefined).map(({ terminal }) => call('terminals.close', { terminal }).catch(() => null)))
}
