// The journal's folder: names of segments and their indexes, and the few file operations the writer makes, as a seam for tests.
import fs from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** What the writer does to files. Tests give one that fails at the n-th call. */
export interface JournalFs {
  openSync(path: string, flags: string, mode: number): number
  writeSync(fd: number, bytes: Uint8Array, offset: number, length: number): number
  write(fd: number, bytes: Uint8Array, offset: number, length: number, done: (error: Error | null, written: number) => void): void
  fdatasync(fd: number, done: (error: Error | null) => void): void
  fsyncDirectory(path: string, done: (error: Error | null) => void): void
  close(fd: number, done: (error: Error | null) => void): void
}

export const nodeFs: JournalFs = {
  openSync: (path, flags, mode) => fs.openSync(path, flags, mode),
  writeSync: (fd, bytes, offset, length) => fs.writeSync(fd, bytes, offset, length),
  write: (fd, bytes, offset, length, done) => fs.write(fd, bytes, offset, length, null, done),
  fdatasync: (fd, done) => fs.fdatasync(fd, done),
  fsyncDirectory: (path, done) => {
    // Windows cannot open a folder, and needs no fsync of one.
    if (process.platform === 'win32') { done(null); return }
    fs.open(path, 'r', (error, fd) => {
      if (error) { done(error); return }
      fs.fsync(fd, (error) => fs.close(fd, () => done(error)))
    })
  },
  close: (fd, done) => fs.close(fd, done),
}

export const segmentPath = (dir: string, number: number) => join(dir, `journal-${String(number).padStart(6, '0')}.ghj`)
export const indexPath = (dir: string, number: number) => join(dir, `journal-${String(number).padStart(6, '0')}.idx`)

/** Numbers of the segments in `dir`, ascending; none when there is no such folder. */
export async function listSegments(dir: string): Promise<number[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names.flatMap((name) => /^journal-(\d{6,})\.ghj$/.exec(name)?.[1] ?? []).map(Number).sort((a, b) => a - b)
}
