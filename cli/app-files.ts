// The app's built files. `npm ci` builds them; a start builds them too where that did not happen or the sources have changed since.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { GatehouseError } from '../shared/errors.ts'

const root = join(import.meta.dirname, '..')
export const rendererDir = join(root, 'dist', 'renderer')

/** Takes a moment when nothing changed. Rejects where there is no app to show. */
export async function prepareApp(): Promise<void> {
  const script = join(root, 'build', 'prepare.mjs')
  // What is published or packaged is built and has no build/.
  if (existsSync(script)) {
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'inherit'] })
    await new Promise((resolve) => { child.on('error', resolve).on('exit', resolve) })
  }
  if (!existsSync(join(rendererDir, 'index.html'))) {
    throw new GatehouseError('not_found', 'the app is not built; run npm run build to see why (gatehouse demo --no-app works without it)', { side: 'client' })
  }
}
