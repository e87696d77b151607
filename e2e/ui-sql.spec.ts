// The SQL page of the built renderer in a real browser, against the fake Desktop: what people see and press, by accessible roles.
import { expect, test, type Page } from '@playwright/test'
import { rendererPages } from './ui-page.ts'

const open = rendererPages('#/connections/shop')

const editor = (page: Page) => page.getByRole('textbox', { name: 'SQL editor' })
// Monaco has alerts of its own for screen readers.
const alertOf = (page: Page) => page.getByRole('region', { name: 'Results' }).getByRole('alert')
const cell = (page: Page, name: string | RegExp) => page.getByRole('gridcell', { name })

async function write(page: Page, text: string): Promise<void> {
  await editor(page).focus()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(text)
}

async function run(page: Page, text: string, keys = 'Control+Enter'): Promise<void> {
  await write(page, text)
  await page.keyboard.press(keys)
}

test('masked cells look like nothing else, and say which rule masks them', async ({ page }) => {
  await open(page)
  await run(page, 'select id, name, email, phone, city from customers limit 20')
  await expect(page.getByRole('status').filter({ hasText: '20 rows' })).toBeVisible()
  await expect(page.getByRole('columnheader', { name: 'email, text, masked by rule pii of policy shop' })).toBeVisible()
  const masked = cell(page, '[redacted], masked by rule pii of policy shop').first()
  await masked.hover()
  await expect(page.getByRole('tooltip')).toContainText('only the group privacy sees them')
  // Asterisks in data and NULL are no masks.
  await expect(cell(page, '****** ***')).not.toContainText('masked')
  await expect(cell(page, 'NULL').first()).toBeVisible()
})

test('the privacy officer sees the values, and no mark', async ({ page }) => {
  await open(page, { isPrivacy: true })
  await run(page, 'select email from customers limit 5')
  await expect(cell(page, /@example\.com$/).first()).toBeVisible()
  await expect(page.getByRole('columnheader', { name: 'email, text', exact: true })).toBeVisible()
})

test('a refusal stands at its statement, with rule, policy and reason', async ({ page }) => {
  await open(page)
  await run(page, 'select 1;\ndrop table customers;\nselect 2', 'Control+Shift+Enter')
  const alert = alertOf(page)
  await expect(alert).toContainText('Refused by policy')
  await expect(alert).toContainText('Drop is not allowed.')
  await expect(alert).toContainText('never')
  await expect(page.locator('.squiggly-error')).toBeVisible()
  await alert.getByRole('button', { name: 'Show in editor' }).click()
  await expect(editor(page)).toBeFocused()
})

test('runs the statement at the cursor, or what is selected', async ({ page }) => {
  await open(page)
  await write(page, 'select id from customers limit 3;\nselect sku from products limit 4')
  await page.keyboard.press('Control+Home')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('status').filter({ hasText: '3 rows' })).toBeVisible()
  await page.keyboard.press('Control+End')
  await page.keyboard.press('Shift+Home')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('status').filter({ hasText: '4 rows' })).toBeVisible()
})

test('Escape cancels a slow query, and the tab runs again', async ({ page }) => {
  await open(page)
  await run(page, 'select pg_sleep(60)')
  await expect(page.getByRole('status').filter({ hasText: 'Running' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('status').filter({ hasText: 'Cancelled' })).toBeVisible()
  await run(page, 'select 1')
  await expect(page.getByRole('status').filter({ hasText: 'Done' })).toBeVisible()
})

test('a million rows scroll from end to end, with few of them in memory and on the page', async ({ page }) => {
  await open(page)
  await run(page, 'select * from generate_series(1, 1000000)')
  await expect(page.getByRole('status').filter({ hasText: 'Done · 1,000,000 rows' })).toBeVisible({ timeout: 20_000 })
  const grid = page.getByRole('grid')
  await grid.focus()
  await page.keyboard.press('Control+End')
  await expect(cell(page, '1000000').first()).toBeVisible()
  const before = await page.evaluate(() => document.querySelectorAll('[role=gridcell]').length)
  await page.keyboard.press('Control+Home')
  await expect(cell(page, '1').first()).toBeVisible()
  // By the wheel and by the bar.
  await grid.hover()
  await page.mouse.wheel(0, 26 * 1000)
  await grid.evaluate((element) => { element.scrollTop = element.scrollHeight / 2 })
  await expect.poll(async () => Number(await page.getByRole('rowheader').first().textContent())).toBeGreaterThan(450_000)
  await expect.poll(() => page.evaluate(() => document.querySelectorAll('[role=gridcell]').length)).toBeLessThan(before * 3)
})

test('the grid moves by keys, copies a cell and a row, and shows a cell whole', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await open(page)
  await run(page, 'select id, name, city from customers limit 20')
  await page.getByRole('grid').focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Control+C')
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('Grace Ritchie')
  await page.keyboard.press('Control+Shift+C')
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('2\tGrace Ritchie\tKraków')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('complementary', { name: 'Cell' })).toContainText('Grace Ritchie')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('complementary', { name: 'Cell' })).toHaveCount(0)
})

test('markup and deceiving characters in data are text', async ({ page }) => {
  await open(page)
  await run(page, 'select id, name from customers limit 20')
  await expect(cell(page, 'Mallory ⟨RLO⟩evil⟨PDF⟩ Bidi')).toContainText('RLO')
})

test('an error marks its word; the tree opens a table in a tab of its own', async ({ page }) => {
  await open(page)
  await run(page, 'select id, nam from customers')
  await expect(alertOf(page)).toContainText('column "nam" does not exist')
  await expect(alertOf(page)).toContainText('Perhaps you meant')
  await page.getByRole('treeitem', { name: 'products, table' }).dblclick()
  await expect(page.getByRole('tablist', { name: 'Editors' }).getByRole('tab', { name: 'products' })).toHaveAttribute('aria-selected', 'true')
  await expect(page.getByRole('status').filter({ hasText: '100 rows' })).toBeVisible()
})

test('the tree marks what comes masked, at the table and at its columns', async ({ page }) => {
  await open(page)
  await expect(page.getByRole('treeitem', { name: 'customers, table, 2 masked columns' })).toBeVisible()
  await page.getByRole('textbox', { name: 'Filter tables and columns' }).or(page.getByRole('searchbox', { name: 'Filter tables and columns' })).first().fill('email')
  await expect(page.getByRole('treeitem', { name: /^email, .*masked for you$/ })).toBeVisible()
})

test('tabs keep their text across a reload', async ({ page }) => {
  await open(page)
  await write(page, 'select 42 as answer')
  await page.getByRole('button', { name: 'New tab' }).click()
  await page.reload()
  await page.getByRole('tab', { name: 'Query 1' }).click()
  await expect(page.locator('.view-lines')).toContainText('select 42 as answer')
})

test('completions know the columns of a table by its alias', async ({ page }) => {
  await open(page)
  await expect(page.getByRole('treeitem', { name: 'customers, table' })).toBeVisible()
  await write(page, 'select  from customers c')
  await page.keyboard.press('Control+Home')
  for (let step = 0; step < 7; step++) await page.keyboard.press('ArrowRight')
  await page.keyboard.type('c.')
  await expect(page.getByRole('option', { name: /birth_date/ })).toBeVisible()
})
