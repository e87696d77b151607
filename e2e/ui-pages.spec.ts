// The other pages of the built renderer in a real browser, against the fake Desktop; and all of them in a narrow window.
import { expect, test, type Page } from '@playwright/test'
import { rendererPages } from './ui-page.ts'

const openAt = rendererPages('')
const open = (page: Page, path: string, options?: Record<string, unknown>): Promise<void> => openAt(page, options, path)

test('signs in: gateway, provider, the wait for the browser, the connections', async ({ page }) => {
  await open(page, '', { isSignedIn: false })
  await page.getByRole('button', { name: 'Sign in with demo' }).click()
  await expect(page.getByRole('status').filter({ hasText: 'Waiting for your browser' })).toBeVisible()
  await expect(page.getByRole('link', { name: 'Open the page again' })).toHaveAttribute('href', /^https:\/\/id\.acme\.example/)
  await expect(page.getByRole('heading', { name: 'Connections' })).toBeVisible()
})

test('a gateway that does not answer is said, with a way to try again', async ({ page }) => {
  await open(page, '', { login: { kind: 'unreachable', gateway: 'https://down.example', message: 'connect ECONNREFUSED' } })
  await expect(page.getByRole('alert')).toContainText('The gateway does not answer')
  await expect(page.getByRole('button', { name: 'Try again now' })).toBeVisible()
})

test('connections: found by typing, opened by Enter; production is named', async ({ page }) => {
  await open(page, '#/connections')
  await expect(page.getByRole('list', { name: 'Connections' }).getByText('production').first()).toBeVisible()
  await page.getByRole('searchbox', { name: 'Search connections' }).fill('staging')
  await expect(page.getByRole('list', { name: 'Connections' }).getByRole('listitem')).toHaveCount(1)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/#\/connections\/analytics$/)
})

test('no connections: says why', async ({ page }) => {
  await open(page, '#/connections', { connections: [] })
  await expect(page.getByText('A connection is listed once any policy rule matches you.')).toBeVisible()
})

test('psql: opens a port, shows both commands, closes it', async ({ page }) => {
  await open(page, '#/connections')
  await page.getByRole('button', { name: 'Connect to shop with psql' }).click()
  const dialog = page.getByRole('dialog', { name: 'Connect to shop with psql' })
  await dialog.getByRole('button', { name: 'Open a local port' }).click()
  await expect(dialog.getByRole('region', { name: 'On this computer' })).toContainText('host=127.0.0.1')
  await expect(dialog.getByRole('region', { name: 'Straight to the gateway' })).toContainText('sslmode=verify-full')
  await dialog.getByRole('button', { name: 'Close the port' }).click()
  await expect(dialog.getByRole('button', { name: 'Open a local port' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
})

test('sessions: one is opened, its frames are read, its chain is verified', async ({ page }) => {
  await open(page, '#/sessions')
  await page.getByRole('link', { name: 'Session of ana.lyst@acme.example on shop' }).first().click()
  const frames = page.getByRole('list', { name: 'Frames' })
  await expect(frames).toContainText('Allowed by rule analysts-read')
  await expect(frames).toContainText('Denied by rule never')
  await expect(frames.getByRole('columnheader', { name: 'email' })).toBeVisible()
  await page.getByRole('button', { name: 'Verify' }).click()
  await expect(page.getByRole('status').filter({ hasText: 'The chain is whole' })).toBeVisible()
})

test('a recording that does not verify says so', async ({ page }) => {
  await open(page, '#/sessions')
  await page.getByRole('link', { name: /^Session of ci:repo/ }).first().click()
  await page.getByRole('button', { name: 'Verify' }).click()
  await expect(page.getByRole('alert')).toContainText('does not verify')
})

test('older sessions come by the button', async ({ page }) => {
  await open(page, '#/sessions')
  const rows = page.getByRole('table', { name: 'Sessions' }).getByRole('row')
  await expect(rows).toHaveCount(26)
  await page.getByRole('button', { name: 'Show older sessions' }).click()
  await expect(rows).toHaveCount(51)
})

test('the theme is chosen; the palette reaches everything', async ({ page }) => {
  await open(page, '#/settings')
  await page.getByText('Dark', { exact: true }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await page.keyboard.press('Control+K')
  await page.getByPlaceholder('Where to, or what to do?').fill('open analytics')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/#\/connections\/analytics$/)
})

test('a name that needs encoding leads to its own page', async ({ page }) => {
  await open(page, '#/connections', { connections: [{ name: 'a/b 100%', kind: 'postgres', labels: {} }] })
  await page.getByRole('button', { name: 'Open a/b 100%' }).click()
  await expect(page.getByRole('textbox', { name: 'SQL editor' })).toBeVisible()
  await expect(page.getByRole('tree', { name: 'Schema of a/b 100%' })).toBeVisible()
})

test.describe('a window 600 px wide', () => {
  test.use({ viewport: { width: 600, height: 800 } })

  for (const path of ['#/connections', '#/connections/shop', '#/connections/prod', '#/sessions', '#/sessions/se_1', '#/settings']) {
    test(`nothing reaches past the edge of ${path}`, async ({ page }) => {
      await open(page, path)
      await expect(page.getByRole('main')).toBeVisible()
      await page.waitForLoadState('networkidle')
      expect(await page.evaluate(() => document.querySelector('main')!.scrollWidth - document.querySelector('main')!.clientWidth)).toBe(0)
    })
  }

  test('menu and schema are drawers', async ({ page }) => {
    await open(page, '#/connections/shop')
    await page.getByRole('button', { name: 'Show schema' }).click()
    await expect(page.getByRole('treeitem', { name: 'customers, table' })).toBeVisible()
    await page.getByRole('button', { name: 'Close the schema' }).click({ position: { x: 550, y: 400 } })
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('link', { name: 'Sessions' }).click()
    await expect(page.getByRole('heading', { name: 'Sessions' })).toBeVisible()
  })
})
