// Whether the app can have a window here, and if not, why: the reason is shown, for a newcomer would wonder.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export type Runtime = { readonly kind: 'window'; readonly binary: string; readonly main: string } | { readonly kind: 'browser'; readonly why: string }

/** The first start fetches some 100 MB; a slow line must not hold up the app, which works in a browser too. */
const fetchMs = 180_000

const root = join(import.meta.dirname, '..')

export async function findRuntime(say: (text: string) => void): Promise<Runtime> {
  if (process.getuid?.() === 0) return { kind: 'browser', why: 'Electron does not run as root' }
  if (!hasDisplay()) return { kind: 'browser', why: 'there is no display' }
  const main = join(root, 'dist', 'electron', 'main.js')
  if (!existsSync(main)) return { kind: 'browser', why: 'the window of the app is not built (npm run build)' }
  const folder = electronFolder()
  if (!folder) return { kind: 'browser', why: 'Electron is not installed (npm ci without --omit=dev installs it)' }
  const found = binaryIn(folder)
  if (found) return { kind: 'window', binary: found, main }
  say('Fetching the Electron runtime, once …')
  await fetchRuntime(folder)
  const fetched = binaryIn(folder)
  return fetched ? { kind: 'window', binary: fetched, main } : { kind: 'browser', why: 'the Electron runtime could not be fetched' }
}

/** A screen that a window or a browser can be opened on. */
export function hasDisplay(env: NodeJS.ProcessEnv = process.env): boolean {
  if (process.platform === 'darwin' || process.platform === 'win32') return true
  return Boolean(env['DISPLAY'] ?? env['WAYLAND_DISPLAY'])
}

function electronFolder(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve('electron/package.json'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return null
    throw error
  }
}

/** As electron's own index.js finds it. That one would download on import, and cannot be given a time limit. */
function binaryIn(folder: string): string | null {
  const note = join(folder, 'path.txt')
  if (!existsSync(note)) return null
  const binary = join(process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(folder, 'dist'), readFileSync(note, 'utf8'))
  return existsSync(binary) ? binary : null
}

function fetchRuntime(folder: string): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(folder, 'install.js')], { stdio: 'ignore', timeout: fetchMs })
    // Whether it worked is seen by whether the binary is there.
    child.on('error', () => resolve())
    child.on('exit', () => resolve())
  })
}
