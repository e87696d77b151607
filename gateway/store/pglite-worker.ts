// The thread PGlite lives in: WebAssembly works in the thread that calls it, and the gateway's loop must not wait for that.
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import type { StoreAnswer, StoreRequest } from './pglite-protocol.ts'

const port = parentPort
if (port === null) throw new Error('pglite-worker.ts runs in a worker thread')

const { folder } = workerData as { readonly folder: string }
/** A gateway's rows are few; PostgreSQL's own 128 MB of buffers would be most of the gateway's memory. */
const settings = ['shared_buffers = 4MB', 'wal_buffers = 256kB', 'jit = off']
const database = await PGlite.create({ dataDir: folder, postgresqlconf: settings })
const say = (answer: StoreAnswer) => port.postMessage(answer, [])

async function answer({ id, sql, parameters }: StoreRequest): Promise<void> {
  try {
    // Without parameters it may be several statements (migrations): the simple protocol takes those.
    const rows = parameters === null ? (await database.exec(sql)).at(-1)?.rows : (await database.query(sql, [...parameters])).rows
    say({ kind: 'rows', id, rows: (rows ?? []) as Record<string, unknown>[] })
  } catch (error) {
    const { message, code } = error as Error & { readonly code?: string }
    say({ kind: 'error', id, message, sqlState: code ?? '' })
  }
}

let last: Promise<void> = Promise.resolve()
port.on('message', (request: StoreRequest | 'close') => {
  last = last.then(async () => {
    if (request !== 'close') return answer(request)
    await database.close()
    port.close()
  })
})
say({ kind: 'ready' })
