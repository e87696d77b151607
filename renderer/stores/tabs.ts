// Editor tabs of each connection. The text is the user's own and is kept on this computer, under who they are and which gateway:
// the next person to sign in here does not find it.
import { create } from 'zustand'

export interface EditorTab { readonly id: string; readonly title: string; readonly text: string }
export interface TabSet { readonly tabs: readonly EditorTab[]; readonly active: string }

/** Gateway, principal and connection. */
export interface TabScope { readonly gateway: string; readonly principal: string; readonly connection: string }

/** One tab's text in storage; browsers give a page some 5 MB in all. */
const storedCharactersMax = 200_000

export const scopeKey = (scope: TabScope): string => `gatehouse.tabs ${scope.gateway} ${scope.principal} ${scope.connection}`

export const useTabs = create<{ readonly sets: Readonly<Record<string, TabSet>> }>(() => ({ sets: {} }))

const newTab = (title: string, text = ''): EditorTab => ({ id: crypto.randomUUID(), title, text })

/** `Query 3`, the first number that is free. */
function freeTitle(tabs: readonly EditorTab[]): string {
  let number = 1
  while (tabs.some(({ title }) => title === `Query ${number}`)) number++
  return `Query ${number}`
}

function stored(key: string): TabSet | null {
  const text = localStorage.getItem(key)
  if (text === null) return null
  try {
    const value = JSON.parse(text) as TabSet
    const tabs = value.tabs.filter((tab) => typeof tab.id === 'string' && typeof tab.title === 'string' && typeof tab.text === 'string')
    return tabs.length === 0 ? null : { tabs, active: tabs.some(({ id }) => id === value.active) ? value.active : tabs[0]!.id }
  } catch (reason) {
    if (reason instanceof SyntaxError || reason instanceof TypeError) return null
    throw reason
  }
}

function fresh(): TabSet {
  const tab = newTab('Query 1')
  return { tabs: [tab], active: tab.id }
}

function change(key: string, next: (set: TabSet) => TabSet): void {
  const set = next(useTabs.getState().sets[key] ?? stored(key) ?? fresh())
  useTabs.setState(({ sets }) => ({ sets: { ...sets, [key]: set } }))
  const kept = { ...set, tabs: set.tabs.map((tab) => ({ ...tab, text: tab.text.slice(0, storedCharactersMax) })) }
  localStorage.setItem(key, JSON.stringify(kept))
}

export const tabs = {
  load: (key: string) => { if (useTabs.getState().sets[key] === undefined) change(key, (set) => set) },
  activate: (key: string, id: string) => change(key, (set) => ({ ...set, active: id })),
  write: (key: string, id: string, text: string) =>
    change(key, (set) => ({ ...set, tabs: set.tabs.map((tab) => (tab.id === id ? { ...tab, text } : tab)) })),
  rename: (key: string, id: string, title: string) =>
    change(key, (set) => ({ ...set, tabs: set.tabs.map((tab) => (tab.id === id ? { ...tab, title } : tab)) })),
  /** A new tab at the end, shown. */
  add: (key: string, options: { readonly title?: string; readonly text?: string } = {}): string => {
    const current = useTabs.getState().sets[key]
    const tab = newTab(options.title ?? freeTitle(current?.tabs ?? []), options.text)
    change(key, (set) => ({ tabs: [...set.tabs, tab], active: tab.id }))
    return tab.id
  },
  /** The last tab is replaced by an empty one: an editor without a tab helps nobody. */
  close: (key: string, id: string) => change(key, (set) => {
    const at = set.tabs.findIndex((tab) => tab.id === id)
    const rest = set.tabs.filter((tab) => tab.id !== id)
    if (rest.length === 0) return fresh()
    return { tabs: rest, active: set.active === id ? rest[Math.min(at, rest.length - 1)]!.id : set.active }
  }),
}
