// Whose answer is this? A client that makes the gateway and the server disagree would have the rows of one statement judged as
// another's. Each of these sequences tries to; whatever else happens, no masked value may be heard.
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop, sentinels, shopPolicy } from '../../testing/shop.ts'
import { bind, close, describe, execute, frame, parse, query, sync, text } from './testing/messages.ts'

let postgres: RealPostgres
let gateway: TestGateway

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  await createShop(database)
  const direct = new Client({ ...database })
  await direct.connect()
  await direct.query('create function reopen(refcursor) returns text language plpgsql as $$ begin close $1; open $1 for select upper(email) from customers; return 1; end $$')
  await direct.end()
  gateway = await startTestGateway({ database, policies: { shop: shopPolicy } })
})
afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

const tainted = 'select upper(email) from customers'
const plain = 'select id::text from orders'
const copyIn = 'copy orders (id, note) from stdin'
const copyData = frame('d', [...Buffer.from('x\ty\n')])
const copyDone = frame('c')
const copyFail = frame('f', text('no'))
const many = (message: Buffer, count: number) => Array.from({ length: count }, () => message)

/** Each step is one write; between two the answers get time to arrive. */
const sequences: Record<string, readonly (readonly Buffer[])[]> = {
  'a query while COPY data is expected, all at once': [[query(copyIn), query(plain), query(tainted), query(plain), query(tainted), sync]],
  'a query while COPY data is expected, one by one': [[query(copyIn)], [query(plain)], [query(tainted)], [query(plain)], [query(tainted)], [sync]],
  'a COPY done too often': [[query(copyIn), copyDone, copyDone, copyFail, query(plain), query(tainted)]],
  'two COPYs in one text, one ended': [[query(`${copyIn}; ${copyIn}`), copyDone, query(plain), query(tainted)], [copyDone, query(plain), query(tainted)]],
  'a Sync inside a COPY of a query': [[query(copyIn), sync, sync, copyDone, query(plain), query(tainted)]],
  'an extended COPY with Syncs': [[parse('', copyIn), bind('', ''), execute(''), sync, sync, copyFail, sync, query(plain), query(tainted), query(plain)]],
  'an extended COPY with another Execute in it': [[parse('', copyIn), bind('', ''), execute(''), parse('', plain), bind('', ''), execute(''), sync, query(plain), query(tainted)]],
  'COPY data that fails, then queries': [[query(copyIn), copyData, copyDone, query(plain), query(tainted)]],
  'a refused statement inside a COPY': [[query(copyIn)], [query('drop table orders')], [query(plain)], [query(tainted)]],
  'COPY data without a COPY': [[copyData, copyDone, query(plain), copyFail, query(tainted)]],
  'a portal in place of a closed cursor': [
    [query(`begin; declare x cursor for ${plain}`)], [close('P', 'x'), parse('t', tainted), bind('x', 't'), sync], [query('fetch all from x')], [query('rollback')]],
  'the same at once': [[query(`begin; declare x cursor for ${plain}`), close('P', 'x'), parse('t', tainted), bind('x', 't'), sync, query('fetch all from x')]],
  'a portal in place of a cursor that ended with its transaction': [
    [query(`begin; declare x cursor for ${plain}`)], [query('rollback')], [query('begin')], [parse('t', tainted), bind('x', 't'), sync], [query('fetch all from x')]],
  'a cursor in place of a closed portal': [
    [query('begin')], [parse('s', plain), bind('x', 's'), describe('P', 'x'), sync], [query(`close x; declare x cursor for ${tainted}`)], [execute('x'), sync]],
  'a cursor in place of a portal, at once': [[query('begin'), parse('s', plain), bind('x', 's'), describe('P', 'x'), sync, query(`close x; declare x cursor for ${tainted}`), execute('x'), sync]],
  'a cursor in place of all portals': [
    [query('begin')], [parse('s', plain), bind('x', 's'), sync], [query('close all')], [query(`declare x cursor for ${tainted}`)], [execute('x'), sync]],
  'a cursor that a function opens anew': [[query(`begin; declare x cursor for ${plain}`)], [query("select reopen('x')")], [query('fetch all from x')]],
  'a statement prepared anew in SQL': [[parse('s', plain), sync], [query(`deallocate s; prepare s (int) as ${tainted}`), bind('', 's'), execute(''), sync], [bind('', 's'), execute(''), sync]],
  'a statement closed and prepared anew': [[parse('s', plain), close('S', 's'), query(`prepare s as ${tainted}`), query('execute s'), bind('', 's'), execute(''), sync]],
  'a statement whose new Parse fails': [[parse('s', tainted), sync], [parse('s', plain), sync, bind('', 's'), execute(''), sync]],
  'errors in a long pipeline': [[...many(query('select 1/0'), 5), parse('', 'select 1/0'), bind('', ''), execute(''), query(plain), query(plain), sync, query(tainted), sync, query(plain), query(tainted)]],
  'Flush and Describe between': [[parse('a', tainted), parse('b', plain), bind('', 'b'), describe('S', 'a'), describe('P', ''), frame('H'), execute('', 1), execute('', 1), bind('', 'a'), execute(''), sync]],
}

test.each(Object.keys(sequences))('%s', async (name) => {
  for (const groups of [['engineers'], ['analysts']]) {
    const client = await RawClient.signIn(gateway, await gateway.token({ sub: groups[0]!, groups }))
    for (const step of sequences[name]!) {
      if (client.isClosed) break
      client.send(...step)
      await new Promise((done) => { setTimeout(done, 60) })
    }
    client.end()
    const heard = client.heard.toString('latin1').toLowerCase()
    expect(heard).not.toContain(sentinels.email.toLowerCase())
  }
})
