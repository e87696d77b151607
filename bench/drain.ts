// A client that asks one question and throws the answer away, counting: what it costs to read is in the way, not in the reader.
import { once } from 'node:events'
import { Socket } from 'node:net'
import { Client } from 'pg'
import type { Target } from './target.ts'

export interface Drained { readonly bytes: number; readonly seconds: number }

/** ReadyForQuery of an idle session: what an answer in full ends with. */
const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

/** Signs in with pg, then takes the socket from it. An answer that begins with an error is a refusal. */
export async function drain(target: Target, sql: string): Promise<Drained | { readonly refused: string }> {
  const { host, port, user, password, database } = target
  const socket = new Socket()
  const client = new Client({ host, port, user, password, database, ssl: false, stream: () => socket })
  await client.connect()
  socket.removeAllListeners('data')
  // What pg thinks of a socket that ends without it is of no use any more; `answer` hears it too.
  client.on('error', () => socket.destroy())
  const text = Buffer.from(`${sql}\0`)
  const query = Buffer.alloc(5)
  query.write('Q')
  query.writeUInt32BE(text.length + 4, 1)
  const began = process.hrtime.bigint()
  socket.write(Buffer.concat([query, text]))
  const bytes = await answer(socket).finally(() => socket.destroy())
  if (typeof bytes === 'string') return { refused: bytes }
  const seconds = Number(process.hrtime.bigint() - began) / 1e9
  return { bytes, seconds }
}

/** Bytes of the answer, or the error it is. */
async function answer(socket: Socket): Promise<number | string> {
  let bytes = 0
  let tail = Buffer.alloc(0)
  const failed = once(socket, 'close').then(() => { throw new Error(`the connection was closed after ${bytes} bytes`) })
  const done = new Promise<number | string>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      if (bytes === 0 && chunk[0] === 0x45) resolve(chunk.toString('latin1').replaceAll('\0', ' ').slice(0, 300))
      bytes += chunk.length
      tail = Buffer.concat([tail, chunk.subarray(-readyForQuery.length)]).subarray(-readyForQuery.length)
      if (tail.equals(readyForQuery)) resolve(bytes)
    })
  })
  failed.catch(() => bytes)
  return Promise.race([done, failed])
}
