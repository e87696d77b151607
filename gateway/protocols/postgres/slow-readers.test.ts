// Memory that rows were read into and masked in is used again, by the same session and by others. Clients that read nothing for a while
// hold on to theirs: what each gets at last must be its own rows, every one, and masked.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { framesOf, password, query, startup, valuesOf } from './testing/messages.ts'

const policy = `policy: shop
connections: [shop]
rules:
  - { id: read, who: everyone, allow: { sql: [select], on: ["public.*"] } }
masks:
  - { id: pii, columns: [public.notes.secret], as: redact }
`
/** More than sockets hold: a client that does not read makes the gateway hold bytes for it. */
const rows = 20_000
const fillerCharacters = 1_500
let postgres: RealPostgres
let gateway: TestGateway

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  const client = new Client(database)
  await client.connect()
  await client.query(`create table notes (reader int, n int, secret text, filler text)`)
  await client.query(`insert into notes select r, n, 'SENTINEL', repeat(r::text, 1 + n % ${fillerCharacters}) from generate_series(1, 4) r, generate_series(1, ${rows}) n`)
  await client.end()
  gateway = await startTestGateway({ database, policies: { shop: policy } })
})
afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

/** Asks for the rows of one reader; after the first of them it reads nothing until `rested`. */
async function read(reader: number, rested: Promise<unknown> | null): Promise<Buffer> {
  const socket: Socket = connect(gateway.port, gateway.host)
  const chunks: Buffer[] = []
  let isAsked = false
  const done = new Promise<void>((resolve, reject) => {
    socket.on('error', reject).on('close', () => reject(new Error('closed')))
    socket.on('data', (chunk: Buffer) => {
      if (!isAsked) {
        if (chunk.toString('latin1').startsWith('R') && chunk.length === 9) return void gateway.token({ sub: `reader-${reader}` }).then((token) => socket.write(password(token)))
        isAsked = true
        socket.write(query(`select n, secret, filler from notes where reader = ${reader} order by n`))
        return
      }
      chunks.push(chunk)
      if (chunk.subarray(-6).equals(Buffer.from([0x5a, 0, 0, 0, 5, 0x49]))) resolve()
      else if (rested !== null && chunks.length === 1) {
        socket.pause()
        void rested.then(() => socket.resume())
      }
    })
  })
  await once(socket, 'connect')
  socket.write(startup({ user: 'me', database: 'shop' }))
  await done
  socket.removeAllListeners('close').destroy()
  return Buffer.concat(chunks)
}

test('slow and quick readers beside each other each get their own rows, all of them, masked', async () => {
  const quick = [1, 2].map((reader) => read(reader, null))
  const slow = [3, 4].map((reader) => read(reader, Promise.all(quick)))
  const answers = await Promise.all([...quick, ...slow])
  for (const [i, answer] of answers.entries()) {
    const own = framesOf(answer).filter(({ type }) => type === 'D').map(({ body }) => valuesOf(body))
    expect(own.length).toBe(rows)
    const wrong = own.findIndex(([n, secret, filler], at) => n !== String(at + 1) || secret !== '[masked]' || filler !== String(i + 1).repeat(1 + (at + 1) % fillerCharacters))
    expect(wrong).toBe(-1)
  }
}, 60_000)
