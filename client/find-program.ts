// Where a program of the user's is, by PATH; kubectl and the like are found, never brought.
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

/** Its absolute path; null where PATH has none that may be run. */
export function findProgram(name: string, env: NodeJS.ProcessEnv = process.env): string | null {
  const names = process.platform === 'win32' ? [`${name}.exe`] : [name]
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  for (const folder of folders) {
    for (const each of names) {
      const path = resolve(join(folder, each))
      if (isProgram(path)) return path
    }
  }
  return null
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false // Not there, or not ours to run: the next folder may have one.
  }
}
