// A command that waits, whose client or session goes away meanwhile.
import { describe as group, expect, test } from 'vitest'
import { callApi, exchanged, overTunnel } from '../../testing/api.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { query } from './testing/messages.ts'
import { quickApprovals, gateway, direct, quick, raw, signedIn, nextHold, errorOf, notices, tags, totalOf, update, recorded, useHolding } from './testing/holding.ts'

useHolding()

group('the client goes away', () => {
  test('CancelRequest withdraws, and the client gets 57014', async () => {
    const client = await signedIn()
    const hold = nextHold()
    const answered = client.query(update(5)).then(() => null, (error: { code: string }) => error.code)
    const held = await hold()
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
    const cancel = await RawClient.open(gateway.host, gateway.port)
    const request = Buffer.alloc(16)
    request.writeInt32BE(16, 0)
    request.writeInt32BE(80_877_102, 4)
    request.writeInt32BE(processID, 8)
    request.writeInt32BE(secretKey, 12)
    cancel.send(request)
    expect(await answered).toBe('57014')
    expect([held.released, held.uses]).toEqual(['cancelled', 0])
    held.approve()
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    expect(await totalOf(5)).toBe(7.5)
    await client.end()
  })

  test('a disconnect withdraws, also in the moment of use', async () => {
    const client = await raw()
    const hold = nextHold()
    client.send(query(update(5)))
    const held = await hold()
    const use = Promise.withResolvers<string | null>()
    held.answerToUse = use.promise
    held.approve()
    await expect.poll(() => held.uses, { interval: 5 }).toBe(1)
    client.end()
    await expect.poll(() => held.released, { interval: 5 }).toBe('disconnected')
    use.resolve(null)
    // What would run is asked of the same server after it.
    await expect.poll(async () => (await direct.query("select count(*)::int as n from pg_stat_activity where query like 'update orders%' and state = 'active'")).rows[0].n).toBe(0)
    expect(await totalOf(5)).toBe(7.5)
  })

  test('a disconnect inside a tunnel withdraws', async () => {
    const client = await overTunnel(gateway, await exchanged(gateway, await gateway.token({ sub: 'eli', groups: ['engineers'] })))
    const hold = nextHold()
    const failed = client.query(update(5)).catch(() => undefined)
    const held = await hold()
    ;(client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
    await expect.poll(() => held.released, { timeout: 10_000 }).toBe('disconnected')
    await Promise.race([failed, Promise.resolve()])
  })

  test('one that keeps sending is read up to a limit, and its end is noticed all the same', async () => {
    const flood = Buffer.alloc(60_000_000, query('select 1'))
    const client = await raw({}, quick)
    const hold = nextHold(quickApprovals)
    client.send(query(update(5)))
    const held = await hold()
    // Far more than the limit and both kernels' buffers; the test's own memory holds what could not be sent.
    client.send(flood)
    const before = process.memoryUsage().arrayBuffers
    await client.until(() => notices(client).length >= 10)
    expect(notices(client)[3]!['M']).toMatch(/^still waiting for approval/)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8_000_000)
    client.end()
    await expect.poll(() => held.released, { timeout: 10_000 }).toBe('disconnected')
  })

  test('the end of the session, by revocation of its token, withdraws', async () => {
    const token = await exchanged(gateway, await gateway.token({ sub: 'rita', groups: ['engineers'] }))
    const client = await RawClient.signIn(gateway, token)
    const hold = nextHold()
    client.send(query(update(5)))
    const held = await hold()
    await callApi(gateway, 'DELETE', '/v1/tokens/current', token)
    await client.closed()
    expect(held.released).toBe('session-ended')
    held.approve()
    expect([held.uses, errorOf(client.frames())['C']]).toEqual([0, '57P01'])
    const frames = await recorded(held.command.session)
    expect(frames.slice(-2)).toMatchObject([
      { kind: 'verdict', value: { effect: 'deny', reason: expect.stringContaining('revoked'), approval: { id: held.approval, outcome: 'withdrawn' } } }, { kind: 'close' },
    ])
    expect(await totalOf(5)).toBe(7.5)
  })

  test('an idle limit does not end a session that waits', async () => {
    const client = await raw({}, quick)
    const hold = nextHold(quickApprovals)
    const answered = client.ask([query(update(5))])
    const held = await hold()
    await client.until(() => notices(client).length >= 20)
    held.approve()
    expect(tags(await answered)).toEqual(['UPDATE 1'])
    client.end()
  })
})
