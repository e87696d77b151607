// The whole story of a newcomer, in Chromium, against the demo stack: sign in, browse, be masked, be refused, connect with psql,
// look at the recording; then the same table with the privacy officer's eyes. One page for all: the app's URL opens once.
import { expect, test, type Page } from '@playwright/test'
import { demo, hasPsql, run, signIn } from './demo.ts'

test.describe.configure({ mode: 'serial' })

let page: Page

test.beforeAll(async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  page = await context.newPage()
})
test.afterAll(() => page.context().close())

const editor = () => page.getByRole('textbox', { name: 'SQL editor' })
const results = () => page.getByRole('region', { name: 'Results' })
const status = (text: string | RegExp) => page.getByRole('status').filter({ hasText: text })

async function write(text: string): Promise<void> {
  await editor().focus()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(text)
}

async function runText(text: string, keys = 'Control+Enter'): Promise<void> {
  await write(text)
  await page.keyboard.press(keys)
}

test('an analyst signs in on the provider’s page and sees shop', async () => {
  await page.goto(demo().app)
  await signIn(page, /Ana/)
  await expect(page.getByText('ana@shop.example')).toBeVisible()
  await page.getByRole('link', { name: 'Open shop' }).or(page.getByRole('button', { name: 'Open shop' })).first().click()
  await expect(page.getByRole('treeitem', { name: 'customers, table' })).toBeVisible()
})

test('rows come masked, look masked, and say by which rule', async () => {
  await runText('select * from customers limit 20')
  await expect(status('20 rows')).toBeVisible()
  await expect(page.getByRole('columnheader', { name: 'email, text, masked by rule pii of policy shop' })).toBeVisible()
  const masked = page.getByRole('gridcell', { name: '[masked], masked by rule pii of policy shop' }).first()
  await masked.hover()
  await expect(page.getByRole('tooltip')).toContainText('pii')
  await expect(page.locator('body')).not.toContainText(/@(?!shop\.example)[a-z]+\.(?:com|example)/)
})

test('drop table is refused at the statement, with rule and reason', async () => {
  await runText('drop table customers')
  const alert = results().getByRole('alert')
  await expect(alert).toContainText('never')
  await expect(alert).toContainText(/drop/i)
})

test('run at the cursor, run a selection, several tabs', async () => {
  await write('select 1 as first;\n\nselect 2 as second;')
  await page.keyboard.press('Control+Home')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('columnheader', { name: /^first/ })).toBeVisible()
  await page.keyboard.press('Control+End')
  await page.keyboard.press('Shift+Home')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('columnheader', { name: /^second/ })).toBeVisible()
  await page.getByRole('button', { name: /new (?:tab|query|editor)/i }).click()
  await expect(page.getByRole('tablist', { name: 'Editors' }).getByRole('tab')).toHaveCount(2)
})

test('a long statement is cancelled', async () => {
  await runText('select pg_sleep(60)')
  await expect(page.getByRole('button', { name: /cancel/i }).first()).toBeVisible()
  await page.keyboard.press('Control+.')
  await expect(status(/cancelled/i)).toBeVisible()
})

test('a million rows are scrolled to the end without the page growing with them', async () => {
  test.setTimeout(120_000)
  const session = await page.context().newCDPSession(page)
  const heap = async (): Promise<number> => {
    await session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await session.send('Runtime.getHeapUsage')
    return usedSize
  }
  const before = await heap()
  await runText("select n, 'row ' || n as label, md5(n::text) as hash from generate_series(1, 1000000) as n")
  await expect(status(/1,?000,?000 rows/)).toBeVisible({ timeout: 90_000 })
  await page.getByRole('gridcell').first().click()
  await page.keyboard.press('Control+End')
  await expect(page.getByRole('gridcell', { name: 'row 1000000', exact: true })).toBeVisible()
  for (let i = 0; i < 50; i++) await page.keyboard.press('PageUp')
  expect(await heap() - before).toBeLessThan(64 * 1024 * 1024)
})

test('“Connect with psql” opens a local port, and its command works as it stands', async () => {
  test.skip(!hasPsql, 'psql is missing (Debian: postgresql-client)')
  await page.goto(`${new URL(demo().app).origin}/#/connections`)
  await page.getByRole('button', { name: 'Connect to shop with psql' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Open a local port' }).click()
  const commands = dialog.getByText(/psql ".*dbname=shop/)
  await expect(commands).toHaveCount(2)
  for (const command of await commands.allInnerTexts()) {
    expect(command).not.toMatch(/gh_|eyJ/)
    const { code, stdout, stderr } = await run('bash', ['-c', `${command} -X -At -c 'select email from customers limit 1' -c '\\d customers' -c "\\copy (select id from products order by id limit 2) to stdout"`])
    expect(`${code} ${stderr}`).toBe('0 ')
    expect(stdout).toContain('[masked]')
    expect(stdout).toMatch(/\n1\n2\n$/)
  }
  await page.keyboard.press('Escape')
})

test('the session’s recording shows what ran, masked, and verifies', async () => {
  await page.goto(`${new URL(demo().app).origin}/#/sessions`)
  await page.getByRole('link', { name: 'Session of ana@shop.example on shop' }).last().click()
  await page.getByRole('button', { name: 'Verify' }).click()
  await expect(page.getByText(/chain is whole/i)).toBeVisible()
})

test('the privacy officer sees the same rows clear', async () => {
  await page.goto(`${new URL(demo().app).origin}/#/settings`)
  await page.getByRole('button', { name: /sign out/i }).first().click()
  await expect(page.getByRole('button', { name: /^sign in with/i })).toBeVisible()
  await signIn(page, /Pia/)
  await page.getByRole('link', { name: 'Open shop' }).or(page.getByRole('button', { name: 'Open shop' })).first().click()
  await runText('select id, email from customers order by id limit 5')
  await expect(page.getByRole('gridcell', { name: /@/ }).first()).toBeVisible()
  await expect(page.getByRole('columnheader', { name: 'email, text', exact: true })).toBeVisible()
})
