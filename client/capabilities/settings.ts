// Settings: one small JSON file, replaced whole. What does not parse falls back to the default, key by key: a wrong font size
// must not keep anyone from their database.
import { join } from 'node:path'
import { z } from 'zod'
import type { Settings } from '../../shared/ipc.ts'
import { readPrivate, writePrivate } from '../files.ts'
import { parseGatewayUrl } from '../trust.ts'
import { inputs } from './inputs.ts'
import { jsonOf } from '../json.ts'

const defaults: Settings = {
  theme: 'system', editorFontSize: 13, gateway: null, notifications: { isOn: true, hasSound: true, hours: null },
  terminal: { fontSize: 13, copiesOnSelect: false, scrollback: 10_000, hasScreenReader: false },
}

export interface SettingsStore {
  get(): Promise<Settings>
  set(change: Partial<Settings>): Promise<Settings>
}

export function createSettings(folder: string): SettingsStore {
  const path = join(folder, 'settings.json')
  let known: Settings | null = null
  const get = async () => known ??= readSettings(await readPrivate(path))
  return {
    get,
    async set(change) {
      const gateway = change.gateway === undefined ? {} : { gateway: change.gateway === null ? null : parseGatewayUrl(change.gateway) }
      known = { ...await get(), ...change, ...gateway }
      await writePrivate(path, `${JSON.stringify(known, null, 2)}\n`)
      return known
    },
  }
}

function readSettings(text: string | null): Settings {
  const kept = z.record(z.string(), z.unknown()).safeParse(jsonOf(text ?? '{}')).data ?? {}
  const good = Object.entries(kept).filter(([key, value]) => key in defaults && inputs['settings.set'].safeParse({ [key]: value }).success)
  // Each entry was parsed by the schema of its key just now.
  return { ...defaults, ...Object.fromEntries(good) as Partial<Settings> }
}
