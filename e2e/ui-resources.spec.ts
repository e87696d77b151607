// What stands beside the terminals of a cluster, against the fake Desktop: its resources and logs, what approvers see of a request, and a
// recorded terminal that is played.
import { expect, test, type Page } from '@playwright/test'
import { clusterPages, input, screen, written, type FakeWindow } from './ui-cluster.ts'

const open = clusterPages()

/** At once: the terminal that is still loading takes nobody back to it. */
async function resources(page: Page, options: Record<string, unknown> = {}): Promise<void> {
  await open(page, options)
  await page.getByRole('tab', { name: 'Resources' }).click()
  await expect(page.getByRole('tab', { name: 'Terminal 1' })).toBeVisible()
  await expect(page.getByRole('tab', { name: 'Resources' })).toHaveAttribute('aria-selected', 'true')
}

test('resources stay current, by keys and by typing; deceiving names are visible', async ({ page }) => {
  await resources(page)
  const grid = page.getByRole('grid', { name: 'Pods' })
  await expect(grid.getByRole('row')).toHaveCount(9)
  await expect(grid).toContainText('mailRLOgpj.worker')
  await page.evaluate(() => (window as unknown as FakeWindow).gatehouse.cluster.roll())
  await expect(grid).toContainText('ContainerCreating')
  await page.getByRole('searchbox', { name: 'Find in Pods' }).fill('crash')
  await expect(grid.getByRole('row')).toHaveCount(2)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const detail = page.getByRole('complementary', { name: 'Detail' })
  await expect(detail).toContainText('orders-6b5f9c7d8-zt8rn')
  await expect(detail).toContainText('image: registry.acme.example/web:2.14.1')
  await page.getByRole('button', { name: 'Close detail' }).click()
  await expect(detail).toHaveCount(0)
})

test('all namespaces: hundreds of rows, few of them on the page', async ({ page }) => {
  await resources(page)
  await page.getByRole('button', { name: 'Namespace: default' }).click()
  await page.getByRole('option', { name: 'all namespaces' }).click()
  const grid = page.getByRole('grid', { name: 'Pods' })
  await expect(page.getByRole('status').filter({ hasText: '249 entries' })).toBeVisible()
  await grid.focus()
  await page.keyboard.press('End')
  await expect(grid).toContainText('worker-5f6d7c8b9-0239')
  expect(await grid.getByRole('row').count()).toBeLessThan(80)
})

test('a refusal to list is shown as the gateway says it, and tried again when asked', async ({ page }) => {
  await resources(page, { cluster: { refusals: { secrets: { code: 'forbidden', message: 'denied by rule no-secrets (policy cluster): list on secrets is not allowed' } } } })
  await page.getByRole('button', { name: 'Secrets' }).click()
  await expect(page.getByRole('alert')).toContainText('You may not list these: denied by rule no-secrets (policy cluster): list on secrets is not allowed')
})

test('secrets are shown as the gateway sends them', async ({ page }) => {
  await resources(page)
  await page.getByRole('button', { name: 'Secrets' }).click()
  await page.getByRole('row', { name: /database/ }).click()
  await expect(page.getByRole('region', { name: 'YAML' })).toContainText('password: W21hc2tlZF0=')
})

test('a log is followed, paused and searched; escape sequences in it are marks', async ({ page }) => {
  await resources(page)
  await page.getByText('web-7c9d8b6f4-2xkqp').click()
  await page.getByText('Logs', { exact: true }).click()
  const log = page.getByRole('log', { name: 'Log of web-7c9d8b6f4-2xkqp' })
  await expect(log).toContainText('GET /')
  await expect(page.getByRole('status').filter({ hasText: 'following' })).toBeVisible()
  await page.getByRole('searchbox', { name: 'Find in the log' }).fill('upstream slow')
  await expect(log).toContainText('ESC[31mupstream slow')
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(page.getByRole('status').filter({ hasText: 'paused' })).toBeVisible()
  expect(await log.locator('code').count()).toBeLessThan(120)
})

test('a command is put at the prompt and does not run', async ({ page }) => {
  await resources(page)
  await page.getByText('web-7c9d8b6f4-2xkqp').click()
  await page.getByText('kubectl', { exact: true }).click()
  await page.getByRole('button', { name: 'Put at the prompt: Delete' }).click()
  await expect(screen(page)).toContainText('$ kubectl delete pod web-7c9d8b6f4-2xkqp -n default')
  await expect(input(page)).toBeFocused()
  expect(await written(page)).not.toContain('\r')
  await expect(page.getByRole('region', { name: 'Held commands' })).toHaveCount(0)
})

test('in a narrow window everything is reached', async ({ page }) => {
  await page.setViewportSize({ width: 600, height: 800 })
  await resources(page)
  await page.getByRole('combobox', { name: 'Kind of resources' }).selectOption('Deployments')
  await page.getByText('orders', { exact: true }).click()
  await expect(page.getByRole('complementary', { name: 'Detail' })).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(600)
})

test('an approver sees what a request changes, what it runs, and the request to the letter, hidden characters too', async ({ page }) => {
  await open(page, {}, '#/approvals')
  await expect(page.getByRole('list', { name: 'Approvals' })).toContainText('shop')
  await page.evaluate(() => (window as unknown as FakeWindow).gatehouse.approvals.arriveCluster())
  await page.getByRole('link', { name: /^patch deployments\/web in default/ }).click()
  const diff = page.getByLabel('Diff', { exact: true })
  await expect(diff.locator('[data-diff=removed]')).toHaveText(/- {4}image: registry\.acme\.example\/web:2\.14\.1/)
  await expect(diff.locator('[data-diff=added]')).toContainText('2.15.0ZWSP')
  await expect(page.getByRole('region', { name: 'At a glance' })).toContainText('deployments.apps')
  await expect(page.getByLabel('Request', { exact: true }).last()).toContainText('"image": "registry.acme.example/web:2.15.0ZWSP"')
  await page.getByRole('link', { name: 'Approvals', exact: true }).last().click()
  await page.getByRole('link', { name: /^exec pods\/web-0 in default: sh -c 'rm -rf \/data'/ }).click()
  await expect(page.getByLabel('argv')).toContainText("sh -c 'rm -rf /data'")
})

test('a recorded terminal is played, from anywhere, and has no more power than a live one', async ({ page }) => {
  await open(page, {}, '#/sessions/se_01KAE0000ZX8Q2M5V7T3RNPC4D')
  const replay = page.getByRole('region', { name: 'Terminal recording' })
  await expect(screen(page)).toContainText('DATABASE_URL=[redacted]')
  await page.evaluate(() => navigator.clipboard.writeText('mine'))
  const position = replay.getByRole('slider', { name: 'Position' })
  await position.fill('0')
  await expect(screen(page)).not.toContainText('package.json')
  await replay.getByText('8×').click()
  await replay.getByRole('button', { name: 'Play' }).click()
  await expect(screen(page)).toContainText('package.json')
  await expect(replay.getByRole('button', { name: 'Play again' })).toBeVisible()
  await replay.getByText('What was typed').click()
  await replay.getByRole('button', { name: 'Go to ls -l' }).click()
  await expect(screen(page)).not.toContainText('DATABASE_URL')
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('mine')
  await expect(page.getByRole('list', { name: 'Frames' })).toContainText('Allowed by rule engineers-exec')
})
