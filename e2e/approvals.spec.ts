// Two people, two apps, one gateway: an engineer's statement waits in the app and in psql until somebody on call has decided it, and what
// comes of it lands where it was sent from. Each has an app of their own, as on two computers.
import { expect, test, type Page } from '@playwright/test'
import { appOf, type App } from './app.ts'
import { hasPsql, psql, userIn } from './demo.ts'

test.describe.configure({ mode: 'serial' })

let eli: App
let otto: App

test.beforeAll(async ({ browser }) => {
  test.setTimeout(120_000)
  ;[eli, otto] = [await appOf(browser, /Eli/), await appOf(browser, /Otto/)]
  await eli.page.getByRole('link', { name: 'Open shop' }).or(eli.page.getByRole('button', { name: 'Open shop' })).first().click()
  await expect(eli.page.getByRole('treeitem', { name: 'orders, table' })).toBeVisible()
})
test.afterAll(async () => { await Promise.all([eli?.close(), otto?.close()]) })

const waiting = () => eli.page.getByRole('region', { name: 'Waiting for approval' })
const results = () => eli.page.getByRole('region', { name: 'Results' })

async function run(text: string): Promise<void> {
  const { page } = eli
  await page.getByRole('textbox', { name: 'SQL editor' }).focus()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(text)
  await page.keyboard.press('Control+Enter')
}

/** Otto opens what waits, by the sidebar, and decides it. */
async function openWaiting(text: string): Promise<Page> {
  const { page } = otto
  await page.getByRole('link', { name: /^Approvals/ }).first().click()
  await page.getByRole('list', { name: 'Approvals' }).getByRole('link', { name: new RegExp(text) }).click()
  await expect(page.getByRole('article', { name: 'Approval' })).toContainText('eli@shop.example asks to run this on shop')
  return page
}

async function decide(page: Page, decision: 'approve' | 'deny', reason = ''): Promise<void> {
  await page.getByRole('button', { name: decision === 'approve' ? 'Approve…' : 'Deny…' }).click()
  const dialog = page.getByRole('dialog')
  const typed = dialog.getByRole('textbox', { name: /^Type shop/ })
  if (await typed.isVisible()) await typed.fill('shop')
  if (reason !== '') await dialog.getByRole('textbox', { name: /why not/i }).fill(reason)
  await dialog.getByRole('button', { name: decision === 'approve' ? 'Approve' : 'Deny' }).click()
  await expect(dialog).toHaveCount(0)
}

test('beforehand, the editor says who will be asked', async () => {
  const { page } = eli
  await page.getByRole('textbox', { name: 'SQL editor' }).focus()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText("update orders set note = 'checked' where id = 1")
  const line = page.getByRole('note', { name: 'Before it runs' })
  await expect(line).toContainText('needs approval by on-call')
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText('select full_name from customers')
  await expect(line).toContainText('allowed')
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText('select email from customers')
  await expect(line).toContainText(/masks .*email/)
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText('drop table orders')
  await expect(line).toContainText('blocked: drop is not allowed')
})

test('an update waits; on-call reads it, the engineer sees that; approved, the row count lands', async () => {
  await run("update orders set note = 'approved in the app' where id = 1")
  await expect(waiting()).toContainText('Told: on-call')
  await waiting().getByRole('textbox').fill('INC-42: a note for the courier')
  await waiting().getByRole('button', { name: 'Tell them' }).click()
  const page = await openWaiting('approved in the app')
  await expect(page.getByRole('region', { name: 'Statement' })).toContainText("update orders set note = 'approved in the app' where id = 1")
  await expect(page.getByRole('region', { name: 'What it is for' })).toContainText('INC-42: a note for the courier')
  await expect(waiting()).toContainText('otto@shop.example looked')
  await decide(page, 'approve')
  await expect(results()).toContainText('UPDATE 1')
  await expect(page.getByRole('article', { name: 'Approval' })).toContainText('approved, ran')
})

test('a denial arrives with its reason, and nothing has run', async () => {
  await run("update orders set note = 'never' where id = 2")
  await expect(waiting()).toBeVisible()
  await decide(await openWaiting('never'), 'deny', 'Not on a Friday')
  const alert = results().getByRole('alert')
  await expect(alert).toContainText('Denied by otto@shop.example')
  await expect(alert).toContainText('Not on a Friday')
  await run("select count(*) as notes from orders where note = 'never'")
  await expect(eli.page.getByRole('gridcell', { name: '0', exact: true })).toBeVisible()
})

test('taken back by its engineer, it leaves the inbox by itself', async () => {
  await otto.page.getByRole('link', { name: /^Approvals/ }).first().click()
  await run("update orders set note = 'taken back' where id = 3")
  const row = otto.page.getByRole('list', { name: 'Approvals' }).getByRole('link', { name: /taken back/ })
  await expect(row).toBeVisible()
  await waiting().getByRole('button', { name: 'Take it back' }).click()
  await expect(row).toHaveCount(0)
  await expect(eli.page.getByRole('status').filter({ hasText: 'Cancelled' })).toBeVisible()
})

test('one cannot decide what one asked for', async () => {
  await run("update orders set note = 'my own' where id = 4")
  await waiting().getByRole('link', { name: 'Show the approval' }).click()
  await expect(eli.page.getByRole('article', { name: 'Approval' })).toBeVisible()
  await expect(eli.page.getByRole('button', { name: 'Approve…' })).toHaveCount(0)
  await eli.page.keyboard.press('a')
  await expect(eli.page.getByRole('dialog')).toHaveCount(0)
  await eli.page.getByRole('button', { name: 'Withdraw' }).click()
  await expect(eli.page.getByRole('article', { name: 'Approval' })).toContainText('withdrawn')
})

test('from psql: the same wait, the same decision, the row count in the terminal', async () => {
  test.skip(!hasPsql, 'psql is missing (Debian: postgresql-client)')
  const running = psql(userIn('engineers'), ['-c', "update orders set note = 'by psql' where id = 5"])
  await decide(await openWaiting('by psql'), 'approve')
  const { code, stdout, stderr } = await running
  expect(`${code} ${stdout}`).toBe('0 UPDATE 1\n')
  expect(stderr).toMatch(/waiting for approval ap_\w+ by on-call, expires \d\d:\d\d UTC/)
  const denied = psql(userIn('engineers'), ['-c', "update orders set note = 'by psql, denied' where id = 6"])
  await decide(await openWaiting('by psql, denied'), 'deny', 'Twice is enough')
  expect(await denied).toMatchObject({ code: 1, stderr: expect.stringMatching(/ERROR: .*denied by .*: Twice is enough/s) })
})

test('a reload misses nothing: what waits is there, and what comes then appears', async () => {
  const { page } = eli
  await page.goto(`${new URL(page.url()).origin}/#/connections/shop`)
  await run("update orders set note = 'before the reload' where id = 7")
  await expect(waiting()).toBeVisible()
  await otto.page.goto(`${new URL(otto.page.url()).origin}/#/approvals`)
  await otto.page.reload()
  await expect(otto.page.getByRole('link', { name: /before the reload/ })).toBeVisible()
  await waiting().getByRole('button', { name: 'Take it back' }).click()
  await expect(otto.page.getByRole('link', { name: /before the reload/ })).toHaveCount(0)
})

test('access for a while: fewer minutes than asked, then no more questions, until it is revoked', async () => {
  const { page } = eli
  const statement = "update orders set note = 'with access' where id = 8"
  await page.getByRole('link', { name: /^Approvals/ }).first().click()
  await page.getByRole('button', { name: 'Ask for access' }).click()
  await page.getByRole('textbox', { name: 'Tables' }).fill('public.orders')
  await page.getByRole('textbox', { name: 'What is it for?' }).fill('INC-42: many notes')
  await page.getByRole('button', { name: 'Ask', exact: true }).click()
  await expect(page.getByRole('article', { name: 'Approval' })).toContainText('update on public.orders for 1 hour')

  await otto.page.getByRole('link', { name: /update on public\.orders for 1 hour/ }).first().click()
  await otto.page.getByRole('button', { name: 'Approve…' }).click()
  await otto.page.getByRole('spinbutton').fill('10')
  await otto.page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()
  await expect(page.getByRole('article', { name: 'Approval' })).toContainText('opened a grant for 10 minutes')

  await page.goto(`${new URL(page.url()).origin}/#/connections/shop`)
  await run(statement)
  await expect(page.getByRole('note', { name: 'Before it runs' })).toContainText('allowed')
  await expect(results()).toContainText('UPDATE 1')

  await otto.page.goto(`${new URL(otto.page.url()).origin}/#/approvals/grants`)
  await expect(otto.page.getByRole('list', { name: 'Access' }).getByLabel(/^expires in (?:10|9):/)).toBeVisible()
  await otto.page.getByRole('button', { name: /^Revoke the access of eli/ }).click()
  await expect(otto.page.getByRole('list', { name: 'Access' })).toContainText('revoked')
  await expect(page.getByRole('note', { name: 'Before it runs' })).toContainText('needs approval by on-call')
  await run(statement)
  await expect(waiting()).toBeVisible()
  await waiting().getByRole('button', { name: 'Take it back' }).click()
})
