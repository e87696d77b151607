// Two gateways on one store, a person at each, in a browser of their own: what waits at one is decided at the other; and what waited at a
// gateway that was killed is asked again, under the same approval, when it is back. With the demo's provider, database and policy.
import { spawn, type ChildProcess } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from '@playwright/test'
import { startPostgres, type RealPostgres } from '../gateway/testing/real-postgres.ts'
import { appOf, type App } from './app.ts'

test.describe.configure({ mode: 'serial' })

interface Running { readonly child: ChildProcess; readonly api: string; readonly ca: string }

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-e2e-gateways-'))
let store: RealPostgres
let one: Running
let two: Running
let eli: App
let otto: App

test.beforeAll(async ({ browser }) => {
  test.setTimeout(180_000)
  store = await startPostgres()
  const { user, password, host, port, database } = await store.database('store')
  writeFileSync(join(folder, 'store'), `postgres://${user}:${password}@${host}:${port}/${database}`, { mode: 0o600 })
  writeFileSync(join(folder, 'seal'), 'one secret of both gateways, and long enough', { mode: 0o600 })
  const data = process.env['GATEHOUSE_E2E_DATA']!
  mkdirSync(join(folder, 'policies'))
  copyFileSync(join(data, 'policies', 'shop.yaml'), join(folder, 'policies', 'shop.yaml'))
  const demos = readFileSync(join(data, 'gateway.yaml'), 'utf8')
  const [issuer, shopPort] = [/issuer: (\S+)/.exec(demos)![1]!, /host: 127\.0\.0\.1\s+port: (\d+)/.exec(demos)![1]!]
  for (const name of ['one', 'two']) {
    writeFileSync(join(folder, `${name}.yaml`), `
listen: { api: "127.0.0.1:0" }
data: ./data-${name}
store: { file: store }
approvals: { seal: { file: seal } }
identity:
  - { name: demo, issuer: "${issuer}", audience: gatehouse, client_id: gatehouse, kind: human, scopes: [openid, email, groups, offline_access], claims: { id: sub, email: email, groups: groups } }
connections:
  - { name: shop, kind: postgres, labels: { env: demo }, host: 127.0.0.1, port: ${shopPort}, database: shop, user: gatehouse, password: { file: "${join(data, 'secrets', 'shop-password')}" }, tls: disable }
policies: ./policies
`)
  }
  one = await start('one')
  two = await start('two')
  eli = await appOf(browser, /Eli/, undefined, one)
  otto = await appOf(browser, /Otto/, undefined, two)
  await eli.page.getByRole('link', { name: 'Open shop' }).or(eli.page.getByRole('button', { name: 'Open shop' })).first().click()
  await expect(eli.page.getByRole('treeitem', { name: /^orders, table/ })).toBeVisible()
})
test.afterAll(async () => {
  await Promise.all([eli?.close(), otto?.close()])
  for (const running of [one, two]) running?.child.kill('SIGTERM')
  await store?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function start(name: string): Promise<Running> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'bin', 'gatehouse'), 'gateway', '--config', join(folder, `${name}.yaml`)], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, GATEHOUSE_LOG: 'error' } })
  for await (const line of createInterface(child.stdout)) {
    if (!line.includes('"ready":true')) continue
    const { api, ca } = JSON.parse(line) as { readonly api: string; readonly ca: string }
    // Where it is found again when it comes back.
    const file = join(folder, `${name}.yaml`)
    writeFileSync(file, readFileSync(file, 'utf8').replace('127.0.0.1:0', new URL(api).host))
    child.stdout.resume()
    return { child, api, ca }
  }
  throw new Error(`gateway ${name} ended before it was ready`)
}

const waiting = () => eli.page.getByRole('region', { name: 'Waiting for approval' })

async function run(text: string): Promise<void> {
  await eli.page.getByRole('textbox', { name: 'SQL editor' }).focus()
  await eli.page.keyboard.press('Control+A')
  await eli.page.keyboard.insertText(text)
  await eli.page.keyboard.press('Control+Enter')
}

async function approve(text: RegExp): Promise<void> {
  const { page } = otto
  await page.getByRole('link', { name: /^Approvals/ }).first().click()
  await page.getByRole('list', { name: 'Approvals' }).getByRole('link', { name: text }).click()
  await page.getByRole('button', { name: 'Approve…' }).click()
  const dialog = page.getByRole('dialog')
  const typed = dialog.getByRole('textbox', { name: /^Type shop/ })
  if (await typed.isVisible()) await typed.fill('shop')
  await dialog.getByRole('button', { name: 'Approve', exact: true }).click()
  await expect(dialog).toHaveCount(0)
}

test('what waits at one gateway is approved at the other, and the row count lands', async () => {
  await run("update orders set note = 'across' where id = 31")
  await expect(waiting()).toBeVisible()
  await approve(/where id = 31/)
  await expect(eli.page.getByText(/UPDATE 1|1 row/).first()).toBeVisible()
})

test('a gateway is killed while a statement waits: the approval stays, and the same statement joins it when the gateway is back', async () => {
  test.setTimeout(120_000)
  await run("update orders set note = 'again' where id = 32")
  await expect(waiting()).toBeVisible()
  one.child.kill('SIGKILL')
  await expect(waiting()).toHaveCount(0)
  one = await start('one')
  await otto.page.getByRole('link', { name: /^Approvals/ }).first().click()
  await expect(otto.page.getByRole('list', { name: 'Approvals' }).getByRole('link', { name: /where id = 32/ })).toHaveCount(1)
  await expect(async () => {
    await run("update orders set note = 'again' where id = 32")
    await expect(waiting()).toBeVisible({ timeout: 5_000 })
  }).toPass({ timeout: 60_000 })
  await expect(otto.page.getByRole('list', { name: 'Approvals' }).getByRole('link', { name: /where id = 32/ })).toHaveCount(1)
  await approve(/where id = 32/)
  await expect(eli.page.getByText(/UPDATE 1|1 row/).first()).toBeVisible()
})
