// Settings live with the host; the theme is also remembered here so that the first paint has the right colours.
import { create } from 'zustand'
import type { Settings } from '../../shared/ipc.ts'
import { call, desktop } from '../lib/current-desktop.ts'

const themeKey = 'gatehouse.theme'
const defaults: Settings = {
  theme: 'system', editorFontSize: 13, gateway: null, notifications: { isOn: true, hasSound: true, hours: null },
  terminal: { fontSize: 13, copiesOnSelect: false, scrollback: 10_000, hasScreenReader: false },
}

export const useSettings = create<Settings>(() => defaults)

export function takeSettings(settings: Settings): void {
  useSettings.setState(settings)
  localStorage.setItem(themeKey, settings.theme)
  applyTheme(settings.theme)
}

/** Before the host has answered. */
export function applyRememberedTheme(): void {
  const remembered = localStorage.getItem(themeKey)
  applyTheme(remembered === 'light' || remembered === 'dark' ? remembered : 'system')
}

function applyTheme(theme: Settings['theme']): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}

/** A host that does not answer leaves the defaults; that it does not answer is said elsewhere. */
export async function watchSettings(): Promise<void> {
  desktop().on('settings.changed', takeSettings)
  await call('settings.get', null).then(takeSettings, () => undefined)
}

export async function changeSettings(change: Partial<Settings>): Promise<void> {
  takeSettings(await call('settings.set', change))
}
