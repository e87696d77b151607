// The other ways a statement waits in the app and beside it: silence until its time is over, a reason that policy wants, a transaction with
// a savepoint, node-postgres with a pipeline, a retry with other values. Two people, two apps, one gateway.
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { expect, test, type Page } from '@playwright/test'
import { Client } from 'pg'
import { appOf, type App } from './app.ts'
import { demo, userIn } from './demo.ts'

test.describe.configure({ mode: 'serial' })

let eli: App
let otto: App

test.beforeAll(async ({ browser }) => {
  test.setTimeout(120_000)
  ;[eli, otto] = [await appOf(browser, /Eli/), await appOf(browser, /Otto/)]
  await eli.page.getByRole('link', { name: 'Open shop' }).or(eli.page.getByRole('button', { name: 'Open shop' })).first().click()
  await expect(eli.page.getByRole('treeitem', { name: /^orders, table/ })).toBeVisible()
})
test.afterAll(async () => { await Promise.all([eli?.close(), otto?.close()]) })

const waiting = () => eli.page.getByRole('region', { name: 'Waiting for approval' })
const results = () => eli.page.getByRole('region', { name: 'Results' })

async function run(text: string, isAll = false): Promise<void> {
  const { page } = eli
  await page.getByRole('textbox', { name: 'SQL editor' }).focus()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(text)
  await page.keyboard.press(isAll ? 'Control+Shift+Enter' : 'Control+Enter')
}

async function openWaiting(text: string): Promise<Page> {
  const { page } = otto
  await page.getByRole('link', { name: /^Approvals/ }).first().click()
  await page.getByRole('list', { name: 'Approvals' }).getByRole('link', { name: new RegExp(text) }).click()
  await expect(page.getByRole('article', { name: 'Approval' })).toBeVisible()
  return page
}

async function approve(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Approve…' }).click()
  const dialog = page.getByRole('dialog')
  const typed = dialog.getByRole('textbox', { name: /^Type shop/ })
  if (await typed.isVisible()) await typed.fill('shop')
  await dialog.getByRole('button', { name: 'Approve', exact: true }).click()
  await expect(dialog).toHaveCount(0)
}

/** As `gatehouse` would: the few minutes the app offers are too long for a test. */
function shorten(id: string, ms: number): Promise<number> {
  return new Promise((done, failed) => {
    const body = JSON.stringify({ expiresAt: new Date(Date.now() + ms).toISOString() })
    request(`${demo().api}/v1/approvals/${id}/expiry`, { method: 'POST', ca: readFileSync(demo().ca), headers: { authorization: `Bearer ${userIn('on-call').token}`, 'content-type': 'application/json' } },
      (response) => response.resume().once('end', () => done(response.statusCode ?? 0))).on('error', failed).end(body)
  })
}

async function engineer(): Promise<Client> {
  const [host, port] = demo().postgres.split(':') as [string, string]
  const client = new Client({ host, port: Number(port), user: 'eli', password: userIn('engineers').token, database: 'shop', ssl: { ca: readFileSync(demo().ca, 'utf8') } })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

test('nobody decides in time: it says so in its tab, and is gone from the inbox', async () => {
  await run("update orders set note = 'in silence' where id = 21")
  await expect(waiting()).toBeVisible()
  const page = await openWaiting('in silence')
  expect(await shorten(/ap_\w+/.exec(page.url())![0], 1_500)).toBe(200)
  await expect(results().getByRole('alert')).toContainText('Nobody decided in time')
  await expect(page.getByRole('article', { name: 'Approval' })).toContainText('expired')
  await expect(page.getByRole('button', { name: 'Approve…' })).toHaveAttribute('aria-disabled', 'true')
})

test('a reason that policy wants is asked before anybody is, and who decides reads it', async () => {
  await run('update payments set amount = amount where id = 22')
  const dialog = eli.page.getByRole('dialog', { name: 'What is it for?' })
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('INC-42: charged twice')
  await eli.page.keyboard.press('Enter')
  await expect(waiting()).toContainText('“INC-42: charged twice”')
  const page = await openWaiting('update payments')
  await expect(page.getByRole('region', { name: 'What it is for' })).toContainText('INC-42: charged twice')
  await approve(page)
  await expect(results()).toContainText('UPDATE 1')
})

test('in a transaction with a savepoint: the short limit and its locks are shown, approved it goes on where it was', async () => {
  await run("begin;\nupdate order_items set quantity = quantity where order_id = 23;\nsavepoint s;\nupdate orders set note = 'after the savepoint' where id = 23;\nrollback to s;\ncommit", true)
  await expect(waiting()).toContainText('a transaction is open')
  const page = await openWaiting('after the savepoint')
  await expect(page.getByRole('complementary', { name: 'Facts' })).toContainText('Holds')
  await approve(page)
  await expect(eli.page.getByRole('tab', { name: /commit/ })).toBeVisible()
  await expect(waiting()).toHaveCount(0)
  await run("select count(*) as notes from orders where note = 'after the savepoint'")
  await expect(eli.page.getByRole('gridcell', { name: '0', exact: true })).toBeVisible()
})

test('node-postgres with a pipeline: what comes behind waits in order, and every answer is its own', async () => {
  const client = await engineer()
  const before = client.query('select 1 as n')
  const held = client.query('update orders set note = $1 where id = $2', ['from a pipeline', 24])
  const after = client.query('select note from orders where id = 24')
  expect((await before).rows).toEqual([{ n: 1 }])
  await approve(await openWaiting('set note = \\$1'))
  expect([(await held).rowCount, (await after).rows]).toEqual([1, [{ note: 'from a pipeline' }]])
  await client.end()
})

test('a retry with the same values joins what is open, one with others is asked about anew', async () => {
  const clients = await Promise.all([engineer(), engineer(), engineer()])
  const ask = (at: number, id: number) => new Promise<string>((done) => {
    clients[at]!.on('notice', ({ message }) => done(/ap_\w+/.exec(message ?? '')?.[0] ?? ''))
    clients[at]!.query('update orders set note = $1 where id = $2', ['a retry', id]).catch(() => undefined)
  })
  const first = await ask(0, 25)
  expect(await ask(1, 25)).toBe(first)
  expect(await ask(2, 26)).not.toBe(first)
  for (const client of clients) await client.end()
})
