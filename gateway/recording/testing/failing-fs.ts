// A file system that fails on demand: at its n-th call, by a short write, or late. Everything else is real.
import { nodeFs, type JournalFs } from '../segment-files.ts'

export interface Fault {
  /** Which call of `what` fails, from 1. */
  readonly at: number
  readonly what: 'open' | 'write' | 'sync'
  /** `ENOSPC` and the like; or a write that takes only this many bytes before the error. */
  readonly code: string
  readonly takes?: number
}

export function failingFs(fault: Fault): JournalFs & { readonly calls: Record<Fault['what'], number> } {
  const calls = { open: 0, write: 0, sync: 0 }
  const isHit = (what: Fault['what']) => {
    calls[what]++
    return what === fault.what && calls[what] >= fault.at
  }
  const error = () => Object.assign(new Error(`${fault.code}: no`), { code: fault.code })
  return {
    ...nodeFs,
    calls,
    openSync(path, flags, mode) {
      if (isHit('open')) throw error()
      return nodeFs.openSync(path, flags, mode)
    },
    writeSync(fd, bytes, offset, length) {
      if (!isHit('write')) return nodeFs.writeSync(fd, bytes, offset, length)
      if (fault.takes !== undefined && calls.write === fault.at) return nodeFs.writeSync(fd, bytes, offset, Math.min(length, fault.takes))
      throw error()
    },
    fdatasync(fd, done) {
      if (isHit('sync')) setImmediate(() => done(error()))
      else nodeFs.fdatasync(fd, done)
    },
  }
}

/** Takes at most `bytes` at a time, as a pipe or a nearly full disk may; nothing is lost by it. */
export function shortWrites(bytes: number): JournalFs {
  return { ...nodeFs, writeSync: (fd, data, offset, length) => nodeFs.writeSync(fd, data, offset, Math.min(length, bytes)) }
}
