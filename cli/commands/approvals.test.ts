// `gatehouse approvals` as scripts and people run it: the launcher against a whole gateway.
import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { callApi, exchanged } from '../../gateway/testing/api.ts'
import { startTestGateway, type TestGateway } from '../../gateway/testing/gateway.ts'
import { startPostgres, type RealPostgres } from '../../gateway/testing/real-postgres.ts'
import { createShop, shopPolicy } from '../../gateway/testing/shop.ts'

vi.setConfig({ testTimeout: 60_000 })

const launcher = join(import.meta.dirname, '../../bin/gatehouse')
let postgres: RealPostgres
let gateway: TestGateway
const tokens = new Map<string, string>()
const toldPolicy = `
policy: told
connections: [shop]
rules:
  - { id: told, who: { groups: [careful] }, approve: { sql: [update], on: ["public.orders"] }, by: { groups: [on-call] }, reason: required }
`

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  await createShop(database)
  gateway = await startTestGateway({ database, policies: { shop: shopPolicy, told: toldPolicy } })
  for (const [sub, group] of [['eve', 'careful'], ['ada', 'on-call'], ['max', 'sales']] as const) tokens.set(sub, await exchanged(gateway, await gateway.token({ sub, groups: [group], email: `${sub}@example.com` })))
})
afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

interface Outcome { readonly code: number; readonly stdout: string; readonly stderr: string }
const envOf = (who: string) => ({ PATH: process.env['PATH'], HOME: process.env['HOME'], GATEHOUSE_URL: gateway.api, GATEHOUSE_CA: gateway.ca, GATEHOUSE_TOKEN: tokens.get(who)! })
const run = (who: string, ...words: readonly string[]) => gatehouse(who, 'approvals', ...words)
const grants = (who: string, ...words: readonly string[]) => gatehouse(who, 'grants', ...words)
const gatehouse = (who: string, ...words: readonly string[]) => new Promise<Outcome>((resolve) => {
  execFile(process.execPath, [launcher, ...words], { env: envOf(who), timeout: 40_000 }, (failure, stdout, stderr) => {
    resolve({ code: failure === null ? 0 : typeof failure.code === 'number' ? failure.code : -1, stdout, stderr })
  })
})
async function asked(): Promise<string> {
  const { json } = await callApi(gateway, 'POST', '/v1/grants', tokens.get('eve')!, { connection: 'shop', kinds: ['delete'], on: ['public.orders'], minutes: 60, purpose: 'INC-42' })
  return json['id'] as string
}

test('a held statement is listed, shown whole with what hides in it, approved, and runs', async () => {
  const client = new Client({ host: gateway.host, port: gateway.port, user: 'me', password: tokens.get('eve')!, database: 'shop', ssl: { rejectUnauthorized: false } })
  await client.connect()
  const running = client.query('delete from orders where id = 3 -- \u202eevil\u200b')
  const listed = await vi.waitFor(async () => {
    const approvals = JSON.parse((await run('ada', 'list', '--json')).stdout) as { id: string; state: string }[]
    expect(approvals).toMatchObject([{ id: expect.stringMatching(/^ap_/) as string, state: 'open' }])
    return approvals
  }, { timeout: 30_000 })
  const { id } = listed[0]!
  expect((await run('ada', 'list')).stdout).toMatch(/^approval .*\n.*ap_.* open .*eve@example\.com/)
  const shown = await run('ada', 'show', id)
  expect(shown.stdout).toContain('delete from orders where id = 3 -- ⟨RLO⟩evil⟨ZWSP⟩')
  expect(shown.stdout).toContain('needs       1 of on-call, has 0')
  expect(await run('eve', 'approve', id)).toMatchObject({ code: 1, stderr: expect.stringContaining('you asked for this yourself') as string })
  expect(await run('max', 'approve', id)).toMatchObject({ code: 1, stderr: expect.stringMatching(/^gatehouse: no such approval/) as string })
  const approved = await run('ada', 'approve', id, '--reason', 'fine')
  expect(approved).toMatchObject({ code: 0, stdout: `${id} approved\n`, stderr: expect.stringContaining('⟨RLO⟩evil') as string })
  expect((await running).rowCount).toBe(1)
  expect(await run('ada', 'approve', id)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('already') as string })
  expect(await run('ada', 'deny', id, '--json')).toMatchObject({ code: 1, stdout: '' })
  for (const [who, ...filter] of [['ada', '--filter', 'decided'], ['ada'], ['eve']] as const) expect(JSON.parse((await run(who, 'list', '--json', ...filter)).stdout)).toMatchObject([{ id, state: 'used' }])
  for (const [who, ...filter] of [['ada', '--filter', 'open'], ['max']] as const) expect(JSON.parse((await run(who, 'list', '--json', ...filter)).stdout)).toEqual([])
  await client.end()
})

// Before any grant is opened: a grant answers in the place of humans.
test('sql says what it is for where the policy wants to be told', async () => {
  const words = ['sql', 'shop', '-c', 'update orders set total = 1 where id = 55'] as const
  expect(await gatehouse('eve', ...words)).toMatchObject({ code: 1, stderr: expect.stringMatching(/wants a reason with it .*gatehouse sql --reason/) as string })
  const running = gatehouse('eve', ...words, '--reason', "INC-42: eve's parcel")
  const id = await vi.waitFor(async () => (JSON.parse((await run('ada', 'list', '--json', '--filter', 'open')).stdout) as { id: string }[])[0]!.id, { timeout: 30_000 })
  expect((await run('ada', 'show', id)).stdout).toContain("purpose     INC-42: eve's parcel")
  await run('ada', 'approve', id)
  expect(await running).toMatchObject({ code: 0, stdout: 'UPDATE 1\n' })
  expect(await gatehouse('eve', ...words, '--reason', ' ')).toMatchObject({ code: 1, stderr: expect.stringContaining('a reason of 1 to') as string })
})

test('sql blocks on an approval, and tells the outcomes apart by its exit code', async () => {
  const statement = (id: number) => `delete from orders where id = ${id}`
  const sql = (id: number, ...words: readonly string[]) => gatehouse('eve', 'sql', 'shop', '-c', statement(id), ...words)
  const open = (id: number) => vi.waitFor(async () => {
    const approvals = JSON.parse((await run('ada', 'list', '--json', '--filter', 'open')).stdout) as { id: string; subject: { recorded?: string } }[]
    const found = approvals.find(({ subject }) => subject.recorded === statement(id))
    if (found === undefined) throw new Error('not open yet')
    return found.id
  }, { timeout: 30_000 })
  const runs = Promise.all([sql(101), sql(102, '--wait', '1m'), sql(103), sql(104)])
  await run('ada', 'approve', await open(101))
  await run('ada', 'deny', await open(102), '--reason', 'no')
  await run('eve', 'withdraw', await open(103))
  await callApi(gateway, 'POST', `/v1/approvals/${await open(104)}/expiry`, tokens.get('ada')!, { expiresAt: new Date(Date.now() + 300).toISOString() })
  const [approved, denied, withdrawn, expired] = await runs
  expect([approved, denied, withdrawn, expired].map(({ code }) => code)).toEqual([0, 3, 5, 4])
  expect(approved.stdout).toBe('DELETE 1\n')
  expect(denied.stderr).toMatch(/denied by ada@example\.com/)
  const tired = await sql(105, '--wait', '1s')
  expect(tired).toMatchObject({ code: 6, stdout: '', stderr: expect.stringContaining('taken back') as string })
  await vi.waitFor(async () => {
    const states = (JSON.parse((await run('eve', 'list', '--json')).stdout) as { state: string; subject: { recorded?: string } }[]).filter(({ subject }) => subject.recorded === statement(105)).map(({ state }) => state)
    expect(states).toEqual(['withdrawn'])
  }, { timeout: 30_000 })
  expect(await gatehouse('eve', 'sql', 'shop', '-c', 'drop table orders', '--wait', '1m')).toMatchObject({ code: 1 })
  expect((await gatehouse('eve', 'sql', '--help')).stdout).toContain('3 denied, 4 expired, 5 withdrawn, 6 taken back after --wait')
})

test('wait tells the outcomes apart by its exit code', async () => {
  const [approved, denied, withdrawn, open] = [await asked(), await asked(), await asked(), await asked()]
  const waits = Promise.all([approved, denied, withdrawn].map((id) => run('eve', 'wait', id, '--wait', '1m')))
  const still = run('eve', 'watch', open, '--wait', '1s')
  await run('ada', 'approve', approved, '--minutes', '5')
  await run('ada', 'deny', denied, '--reason', 'no')
  await run('eve', 'withdraw', withdrawn)
  expect((await waits).map(({ code }) => code)).toEqual([0, 3, 5])
  expect((await waits)[1]!.stdout).toBe(`${denied} denied: denied by ada@example.com: no\n`)
  expect((await still).code).toBe(6)
  await callApi(gateway, 'POST', `/v1/approvals/${open}/expiry`, tokens.get('ada')!, { expiresAt: new Date(Date.now() + 300).toISOString() })
  expect((await run('eve', 'wait', open)).code).toBe(4)
  expect(await run('eve', 'wait', 'ap_none')).toMatchObject({ code: 1, stderr: expect.stringMatching(/no such approval/) as string })
})

test('hash prints what a pull request must hold, of a file or standard input', async () => {
  const file = join(gateway.folder, 'migration.sql')
  writeFileSync(file, '\nalter table orders add column paid boolean\r\n')
  const expected = createHash('sha256').update('gatehouse statement 1\nshop\nalter table orders add column paid boolean').digest('hex')
  expect(await run('eve', 'hash', file, '--connection', 'shop')).toMatchObject({ code: 0, stdout: `${expected}\n` })
  expect((await run('eve', 'hash', file, '--connection', 'staging')).stdout).not.toContain(expected)
  expect(await run('eve', 'hash', `${file}.gone`, '--connection', 'shop')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('ENOENT') as string })
  expect((await run('eve', 'hash', file)).stderr).toContain('--connection')
})

test('a grant is asked for, listed and revoked', async () => {
  const asked = await grants('eve', 'request', 'shop', '--sql', 'delete', 'update', '--on', 'public.orders', '--for', '1h', '--reason', 'INC-42', '--json')
  const { id } = JSON.parse(asked.stdout) as { id: string }
  expect((await run('ada', 'show', id)).stdout).toContain('grant of delete, update on public.orders for 60 min')
  await run('ada', 'approve', id, '--minutes', '10')
  const [grant] = JSON.parse((await grants('eve', 'list', '--json')).stdout) as { id: string; state: string; approval: string }[]
  expect(grant).toMatchObject({ state: 'active', approval: id })
  expect((await grants('ada', 'list')).stdout).toMatch(/gr_.* active +eve@example\.com +shop +delete, update on public\.orders .* INC-42/)
  expect(await grants('max', 'revoke', grant!.id)).toMatchObject({ code: 1, stdout: '' })
  expect((await grants('eve', 'revoke', grant!.id)).stdout).toBe(`${grant!.id} revoked\n`)
  expect(await grants('eve', 'request', 'shop', '--sql', 'select', '--for', '1h', '--reason', 'x')).toMatchObject({ code: 1, stderr: expect.stringContaining('would open nothing') as string })
})

test('break-glass needs a reason and an incident, and is refused where policy gives none', async () => {
  const id = await asked()
  expect((await run('eve', 'break-glass', id, '--reason', 'x')).stderr).toContain('--incident')
  expect(await run('eve', 'break-glass', id, '--reason', 'x', '--incident', 'INC-1')).toMatchObject({ code: 1, stderr: expect.stringMatching(/break-glass/) as string })
  expect(await run('ada', 'review', id, '--note', 'x')).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing was passed by break-glass') as string })
})

test('watch prints what happens, as it happens, and ends by Ctrl-C', async () => {
  const child = spawn(process.execPath, [launcher, 'approvals', 'watch', '--json'], { env: envOf('ada') })
  let [out, errors] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString() })
  const quiet = spawn(process.execPath, [launcher, 'approvals', 'watch'], { env: envOf('ada') })
  let lines = ''
  quiet.stdout.on('data', (chunk: Buffer) => { lines += chunk.toString() })
  let said = ''
  quiet.stderr.on('data', (chunk: Buffer) => { said += chunk.toString() })
  await vi.waitFor(() => expect(said).toContain('watching'), { timeout: 30_000 })
  let id = ''
  // The first one has no sign of being ready, so it is asked until it has heard.
  await vi.waitFor(async () => {
    id = await asked()
    await vi.waitFor(() => expect(out).toContain(id), { timeout: 1_000 })
  }, { timeout: 30_000 })
  const events = out.trimEnd().split('\n').map((line) => JSON.parse(line) as { kind: string; approval: { id: string } })
  expect(events.find(({ approval }) => approval.id === id)).toMatchObject({ kind: 'opened' })
  await vi.waitFor(() => expect(lines).toMatch(new RegExp(`opened +${id} +open +eve@example\\.com +shop +grant of delete`)))
  for (const each of [child, quiet]) {
    each.kill('SIGINT')
    expect(await new Promise((resolve) => { each.once('exit', resolve) })).toBe(0)
  }
  expect(errors).toBe('')
})

test('bad options are refused, and help names the exit codes', async () => {
  expect((await run('ada', 'list', '--filter', 'x')).code).toBe(1)
  expect((await run('ada', 'wait', 'ap_1', '--wait', 'soon')).stderr).toContain('10m')
  expect((await run('ada', 'wait', '--help')).stdout).toContain('3 denied, 4 expired, 5 withdrawn')
})
