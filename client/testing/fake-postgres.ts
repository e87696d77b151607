// A PostgreSQL server for tests that says what a script tells it to: a second, dumb builder of the messages, so that a fault of
// the code under test cannot hide in the fixture.
import { randomInt } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { readExactly } from '../session-proxy/read-exactly.ts'

const never = new AbortController().signal

export const message = (type: string, ...parts: readonly (Buffer | string | number)[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => typeof part === 'number' ? int32(part) : Buffer.from(part)))
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}
export const int32 = (value: number): Buffer => { const bytes = Buffer.alloc(4); bytes.writeInt32BE(value); return bytes }
export const int16 = (value: number): Buffer => { const bytes = Buffer.alloc(2); bytes.writeInt16BE(value); return bytes }

export const rowDescription = (...columns: readonly (readonly [string, number])[]): Buffer => message('T', int16(columns.length),
  ...columns.map(([name, oid]) => Buffer.concat([Buffer.from(`${name}\0`), int32(0), int16(0), int32(oid), int16(-1), int32(-1), int16(0)])))
export const dataRow = (...cells: readonly (string | null)[]): Buffer => message('D', int16(cells.length),
  ...cells.map((cell) => cell === null ? int32(-1) : Buffer.concat([int32(Buffer.byteLength(cell)), Buffer.from(cell)])))
export const complete = (tag: string): Buffer => message('C', `${tag}\0`)
export const ready = (status = 'I'): Buffer => message('Z', status)
const fields = (pairs: Readonly<Record<string, string>>) => `${Object.entries(pairs).map(([key, value]) => `${key}${value}\0`).join('')}\0`
export const error = (pairs: Readonly<Record<string, string>>): Buffer => message('E', fields({ S: 'ERROR', V: 'ERROR', ...pairs }))
export const notice = (pairs: Readonly<Record<string, string>>): Buffer => message('N', fields({ S: 'NOTICE', V: 'NOTICE', ...pairs }))

export interface FakeSession {
  readonly stream: Duplex
  /** Startup parameters, and every Query text so far. */
  readonly parameters: Readonly<Record<string, string>>
  readonly queries: string[]
  /** Resolves when a CancelRequest with this session's key came. */
  readonly cancelled: Promise<void>
}

/** Answers one Query; `ready()` is sent by the fake after it, or after the CopyFail that follows a CopyInResponse. */
export type Script = (sql: string, session: FakeSession) => Promise<readonly Buffer[] | void> | readonly Buffer[] | void

export interface FakePostgres {
  readonly sessions: FakeSession[]
  /** CopyFail, Terminate and other messages that came, by type. */
  readonly others: string[]
  serve(stream: Duplex): void
}

export function createFakePostgres(script: Script): FakePostgres {
  const keys = new Map<string, () => void>()
  const sessions: FakeSession[] = []
  const others: string[] = []

  async function serve(stream: Duplex): Promise<void> {
    stream.on('error', () => undefined)
    const read = (bytes: number) => bytes === 0 ? Promise.resolve(Buffer.alloc(0)) : readExactly(stream, bytes, never)
    const head = await read(4)
    if (head === null) return
    const body = await read(head.readInt32BE(0) - 4)
    if (body === null) return
    if (body.readInt32BE(0) === 80_877_102) {
      keys.get(body.subarray(4).toString('hex'))?.()
      return void stream.destroy() // As the gateway does: it hangs up without a word.
    }
    const words = body.subarray(4).toString('utf8').split('\0')
    const parameters: Record<string, string> = {}
    for (let at = 0; words[at]; at += 2) parameters[words[at]!] = words[at + 1]!
    const cancelled = Promise.withResolvers<void>()
    const session: FakeSession = { stream, parameters, queries: [], cancelled: cancelled.promise }
    const key = Buffer.concat([int32(randomInt(1, 1e6)), int32(randomInt(1, 1e9))])
    keys.set(key.toString('hex'), cancelled.resolve)
    sessions.push(session)
    stream.write(Buffer.concat([message('R', 0), message('S', 'client_encoding\0UTF8\0'), message('K', key), ready()]))
    for (let type = await read(1); type !== null; type = await read(1)) {
      const length = await read(4)
      const text = length === null ? null : await read(length.readInt32BE(0) - 4)
      if (text === null) return
      if (type.toString() !== 'Q') {
        others.push(type.toString())
        if (type.toString() === 'f') stream.write(Buffer.concat([error({ C: '57014', M: `COPY from stdin failed: ${text.subarray(0, -1)}` }), ready()]))
        continue
      }
      session.queries.push(text.subarray(0, -1).toString('utf8'))
      const answer = await script(session.queries.at(-1)!, session)
      const isCopyIn = answer?.at(-1)?.[0] === 0x47
      if (!stream.destroyed) stream.write(Buffer.concat([...answer ?? [], ...isCopyIn ? [] : [ready()]]))
    }
  }
  return { sessions, others, serve: (stream) => void serve(stream) }
}
