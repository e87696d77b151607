// Notifications against a small HTTP server that takes them, or does not; on PGlite, and two gateways on a real server.
import { createHmac } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { Secret } from '../../credentials/secret.ts'
import { createLog } from '../../log.ts'
import { notifyAttemptsMax, notifyRetryFirstMs, notifyRetryLastMs } from '../../limits.ts'
import { createNotifications, type Notifications } from '../../store/notifications.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { openOffice, type Office } from '../testing/office.ts'
import { held, member, onCall } from '../testing/people.ts'
import { createDispatcher, pauseAfter, type Dispatcher } from './dispatcher.ts'
import { signatureOf } from './send.ts'
import { defaultKinds, type NotifyTarget } from './target.ts'

interface Got { readonly path: string; readonly headers: Record<string, string>; readonly body: string }
let server: Server
let url: string
let got: Got[]
let answer: (path: string) => number

beforeEach(async () => {
  got = []
  answer = () => 204
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => { body += chunk.toString() })
    request.on('end', () => {
      got.push({ path: request.url!, headers: request.headers as Record<string, string>, body })
      const status = answer(request.url!)
      response.writeHead(status, status === 302 ? { location: `${url}/elsewhere` } : {}).end('zz-answer')
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => { server.close(resolve) })
})

const hook = (over: Partial<Extract<NotifyTarget, { kind: 'webhook' }>> = {}): NotifyTarget =>
  ({ name: 'ops', kind: 'webhook', on: defaultKinds, connections: null, link: 'https://go.example.com/{id}', url: `${url}/hook`, secret: new Secret('zz-secret'), ...over })
const slack = (): NotifyTarget => ({ name: 'slack', kind: 'slack', on: defaultKinds, connections: null, link: 'https://go.example.com/{id}', url: new Secret(`${url}/zz-slack`) })

describe('one gateway', () => {
  let office: Office
  let notifications: Notifications
  let now = Date.now()
  const dispatchers: Dispatcher[] = []
  const audited: unknown[] = []
  beforeAll(async () => {
    office = await openOffice()
    notifications = createNotifications(office.store, () => now)
  })
  afterAll(() => office.close())
  afterEach(async () => {
    for (const dispatcher of dispatchers.splice(0)) await dispatcher.dispose()
    await office.store.query('delete from gatehouse.notifications')
    await office.store.query('delete from gatehouse.notify_targets')
    audited.length = 0
  })

  async function dispatching(...targets: NotifyTarget[]): Promise<Dispatcher> {
    const dispatcher = createDispatcher({
      targets, notifications, events: office.events, bus: office.bus, log: createLog('silent'), now: () => now, tickMs: 3_600_000,
      audit: async (event) => { audited.push(event) },
    })
    dispatchers.push(dispatcher)
    await dispatcher.run()
    return dispatcher
  }

  test('what is asked is told, signed, with a link and without the exact text', async () => {
    await dispatching(hook())
    const hold = await office.broker.hold(held({ text: "delete from orders where note = 'zz-exact'", parameters: ['zz-parameter'], recordedText: 'delete from orders where note = ? -- \u202e' }))
    await vi.waitFor(() => expect(got).toHaveLength(1))
    const [{ headers, body }] = got as [Got]
    expect(JSON.parse(body)).toMatchObject({
      id: headers['idempotency-key'], type: 'approval.opened',
      approval: { id: hold.approval, state: 'open', url: `https://go.example.com/${hold.approval}`, what: 'delete from orders where note = ? -- ⟨RLO⟩', requester: { id: 'corp:eve' }, connection: 'shop', asks: [{ groups: ['on-call'], count: 1 }] },
    })
    expect(body).not.toMatch(/zz-exact|zz-parameter/)
    const [, seconds, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers['gatehouse-signature']!)!
    expect(signature).toBe(createHmac('sha256', 'zz-secret').update(`${seconds}.${body}`).digest('hex'))
    hold.release('cancelled')
  })

  test('a break-glass is told; what nobody wants to hear, on another connection or of another kind, is not', async () => {
    await dispatching(hook(), hook({ name: 'hr', connections: (name) => name === 'hr', url: `${url}/hr` }))
    const hero = member('eve', 'incident')
    const hold = await office.broker.hold(held({ principal: hero, need: { ...onCall, breakGlass: ['incident'] } }))
    await office.desk.looked(member('ada', 'on-call'), hold.approval)
    await office.desk.breakGlass(hero, hold.approval, { reason: 'down', incident: 'INC-1' })
    await vi.waitFor(() => expect(got.map(({ body }) => (JSON.parse(body) as { type: string }).type)).toEqual(['approval.opened', 'approval.broke-glass']))
    expect(JSON.parse(got[1]!.body)).toMatchObject({ approval: { incident: 'INC-1', why: 'down' } })
    await hold.use()
  })

  test('Slack gets text that cannot pass for anything else', async () => {
    await dispatching(slack())
    const hold = await office.broker.hold(held({ principal: member('eve', 'engineers'), recordedText: '<!channel> <https://evil.example.com|approve> & \u202e' }))
    await vi.waitFor(() => expect(got).toHaveLength(1))
    const { text, blocks } = JSON.parse(got[0]!.body) as { text: string; blocks: { text?: { type: string; text: string }; elements?: { type: string; text: string }[] }[] }
    expect(text).toBe('eve@example.com asks for approval on shop (risk medium)')
    expect(blocks[1]!.text).toMatchObject({ type: 'plain_text', text: '<!channel> <https://evil.example.com|approve> & ⟨RLO⟩' })
    expect(blocks.at(-1)!.elements!.at(-1)).toEqual({ type: 'mrkdwn', text: `<https://go.example.com/${hold.approval}|Open in Gatehouse>` })
    expect(got[0]!.headers).not.toHaveProperty('gatehouse-signature')
    hold.release('cancelled')
  })

  test('what is not taken is sent again later, the same under the same id, until it is a dead letter; that is listed and can be sent once more', async () => {
    answer = () => 500
    const dispatcher = await dispatching(hook(), slack())
    const hold = await office.broker.hold(held())
    await vi.waitFor(() => expect(got).toHaveLength(2))
    for (let attempt = 2; attempt <= notifyAttemptsMax; attempt++) {
      await dispatcher.run()
      expect(got).toHaveLength(2 * (attempt - 1))
      now += notifyRetryLastMs
      await dispatcher.run()
      expect(got).toHaveLength(2 * attempt)
    }
    now += notifyRetryLastMs
    await dispatcher.run()
    const mine = got.filter(({ path }) => path === '/hook')
    expect([mine.length, new Set(mine.map(({ body }) => body)).size, new Set(mine.map(({ headers }) => headers['idempotency-key'])).size]).toEqual([notifyAttemptsMax, 1, 1])
    const dead = await notifications.listDead(10)
    expect(dead).toMatchObject([{ approval: hold.approval, lastError: 'it answered 500', attempts: notifyAttemptsMax }, {}])
    expect(JSON.stringify([dead, audited])).not.toMatch(/zz-secret|zz-slack|zz-answer/)
    expect(audited).toMatchObject([{ kind: 'notification-dead' }, { kind: 'notification-dead' }])
    answer = () => 200
    expect(await notifications.retry(dead[0]!.id)).toBe(true)
    await dispatcher.run()
    expect([got.length, (await notifications.listDead(10)).length]).toEqual([2 * notifyAttemptsMax + 1, 1])
    expect(await notifications.retry(dead[0]!.id)).toBe(false)
    hold.release('cancelled')
  })

  test('a redirect is not followed, and what cannot be reached is named by its code only', async () => {
    answer = () => 302
    const dispatcher = await dispatching(hook(), hook({ name: 'gone', url: 'http://127.0.0.1:9/zz-path' }))
    const hold = await office.broker.hold(held())
    await vi.waitFor(async () => {
      const rows = await office.store.query('select target, last_error from gatehouse.notifications order by target')
      expect(rows.every((row) => row['last_error'] !== null)).toBe(true)
      expect(rows).toMatchObject([{ target: 'gone', last_error: expect.stringMatching(/^(ECONNREFUSED|it could not be reached)$/) as string }, { target: 'ops' }])
    })
    await dispatcher.run()
    expect(got.map(({ path }) => path)).toEqual(['/hook'])
    hold.release('cancelled')
  })

  test('a target that is new hears nothing of before, and one that was away hears what came between', async () => {
    const first = await office.broker.hold(held())
    await dispatching(hook())
    expect(got).toEqual([])
    await dispatchers.pop()!.dispose()
    const second = await office.broker.hold(held())
    await dispatching(hook())
    expect(got.map(({ body }) => (JSON.parse(body) as { approval: { id: string } }).approval.id)).toEqual([second.approval])
    first.release('cancelled')
    second.release('cancelled')
  })
})

test('two gateways send each notification once', async () => {
  const postgres: RealPostgres = await startPostgres()
  const database = await postgres.database('notify')
  const offices = [await openOffice({ database, gateway: 'gw_one' }), await openOffice({ database, gateway: 'gw_two' })] as const
  const dispatchers = offices.map((office) => createDispatcher({
    targets: [hook()], notifications: createNotifications(office.store), events: office.events, bus: office.bus, audit: async () => undefined, log: createLog('silent'), tickMs: 100,
  }))
  await Promise.all(dispatchers.map((dispatcher) => dispatcher.run()))
  const holds = await Promise.all(Array.from({ length: 10 }, (_, index) => offices[index % 2 === 0 ? 0 : 1].broker.hold(held())))
  await vi.waitFor(() => expect(new Set(got.map(({ body }) => (JSON.parse(body) as { approval: { id: string } }).approval.id))).toEqual(new Set(holds.map(({ approval }) => approval))), { timeout: 10_000 })
  await Promise.all(dispatchers.map((dispatcher) => dispatcher.run()))
  expect(got).toHaveLength(10)
  for (const dispatcher of dispatchers) await dispatcher.dispose()
  for (const office of offices) await office.close()
  await postgres.stop()
})

test('pauses double, up to the longest', () => {
  expect([pauseAfter(1), pauseAfter(2), pauseAfter(30)]).toEqual([notifyRetryFirstMs, 2 * notifyRetryFirstMs, notifyRetryLastMs])
})

test('a signature is over the time and the body', () => {
  expect(signatureOf('s', { seconds: 1, body: 'x' })).toBe(`t=1,v1=${createHmac('sha256', 's').update('1.x').digest('hex')}`)
})
