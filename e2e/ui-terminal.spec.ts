// The terminals of a cluster's page in the built renderer, in a real browser, against the fake Desktop with its toy shell: what stands
// around them, and what programs in them cannot do.
import { expect, test, type Page } from '@playwright/test'
import { calls, clusterPages, input, print, screen, written, type FakeWindow } from './ui-cluster.ts'

const open = clusterPages()

/** A place within a text on the screen; xterm takes the pointer above it. */
async function placeOf(page: Page, text: string): Promise<{ readonly x: number; readonly y: number }> {
  const row = screen(page).locator('div').filter({ hasText: text }).last()
  await expect(row).toBeVisible()
  const box = (await row.boundingBox())!
  return { x: box.x + 20, y: box.y + box.height / 2 }
}

async function doubleClick(page: Page, text: string): Promise<void> {
  const { x, y } = await placeOf(page, text)
  await page.mouse.dblclick(x, y)
}

async function terminal(page: Page, options: Record<string, unknown> = {}): Promise<void> {
  await open(page, options)
  await expect(screen(page)).toContainText('ana@laptop')
  await expect(input(page)).toBeFocused()
}

test('a cluster\'s card opens its terminal; what is typed runs, and around it stands where one is', async ({ page }) => {
  await open(page, {}, '#/connections')
  await page.getByRole('button', { name: 'Open prod' }).click()
  await expect(screen(page)).toContainText('ana@laptop')
  await page.keyboard.type('echo hello $((1))\r')
  await expect(screen(page)).toContainText('hello $((1))')
  const bar = page.getByRole('region', { name: 'Cluster' })
  await expect(bar).toContainText('prod')
  await expect(bar).toContainText('ana.lyst@acme.example')
  await expect(bar).toContainText('REC')
  await expect(page.getByRole('banner').getByText('production')).toBeVisible()
})

test('draws with WebGL where there is one', async ({ page }) => {
  await open(page, { hasGraphics: true })
  await expect(page.locator('.xterm-screen canvas').first()).toBeVisible()
  await expect(page.locator('.xterm-rows')).toHaveCount(0)
})

test('several tabs, each with a shell of its own; closing one closes its shell', async ({ page }) => {
  await terminal(page)
  await page.keyboard.type('echo first\r')
  await page.getByRole('button', { name: 'New terminal' }).click()
  await expect(page.getByRole('tab', { name: 'Terminal 2' })).toHaveAttribute('aria-selected', 'true')
  await expect(screen(page)).toContainText('ana@laptop')
  await expect(screen(page)).not.toContainText('first')
  await page.getByRole('tab', { name: 'Terminal 1' }).click()
  await expect(screen(page)).toContainText('first')
  await page.getByRole('button', { name: 'Close Terminal 1' }).click()
  await expect(page.getByRole('tab', { name: 'Terminal 1' })).toHaveCount(0)
  const [opened] = await calls(page, 'terminals.open')
  expect(await calls(page, 'terminals.close')).toEqual([{ terminal: opened!['terminal'] }])
})

test('what a terminal wrote stays while one looks at another page', async ({ page }) => {
  await terminal(page)
  await page.keyboard.type('echo kept\r')
  await page.getByRole('link', { name: 'Sessions' }).click()
  await print(page, 'written meanwhile')
  await page.getByRole('link', { name: 'prod production' }).click()
  await expect(screen(page)).toContainText('kept')
  await expect(screen(page)).toContainText('written meanwhile')
})

test('the size of the window is the size of the shell', async ({ page }) => {
  await terminal(page)
  await page.setViewportSize({ width: 900, height: 500 })
  await expect.poll(async () => (await calls(page, 'terminals.resize')).at(-1)?.['cols'] as number).toBeLessThan(100)
})

test('the namespace is picked outside the terminal, and followed when a command changes it', async ({ page }) => {
  await terminal(page)
  await page.getByRole('button', { name: 'Namespace: default' }).click()
  await page.getByPlaceholder('Find, or type a name').fill('kube')
  await expect(page.getByRole('option', { name: 'kube-system' })).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Namespace: kube-system' })).toBeVisible()
  expect((await calls(page, 'terminals.namespace'))[0]).toMatchObject({ namespace: 'kube-system' })
})

test('a namespace that cannot be listed can be typed, and the refusal is said', async ({ page }) => {
  await terminal(page, { cluster: { refusals: { namespaces: { code: 'forbidden', message: 'denied: no rule of prod allows list on namespaces' } } } })
  await page.getByRole('button', { name: 'Namespace: default' }).click()
  await expect(page.getByText('no rule of prod allows list on namespaces')).toBeVisible()
  await page.getByPlaceholder('Find, or type a name').fill('shop-web')
  await page.getByRole('option', { name: 'Use shop-web' }).click()
  await expect(page.getByRole('button', { name: 'Namespace: shop-web' })).toBeVisible()
})

test('what the work is for is said once, outside the terminal', async ({ page }) => {
  await terminal(page)
  await page.getByRole('button', { name: 'Say what it is for' }).click()
  await page.getByRole('textbox', { name: 'What is it for?' }).fill('INC-42: stuck rollout')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'For: INC-42: stuck rollout' })).toBeVisible()
  expect(await calls(page, 'terminals.reason')).toMatchObject([{ reason: 'INC-42: stuck rollout' }])
})

test('a held command stands above the terminal: who was told, until when; approved, the terminal goes on', async ({ page }) => {
  await terminal(page)
  await page.keyboard.type('kubectl delete pod orders-1\r')
  const held = page.getByRole('region', { name: 'Held commands' })
  await expect(held).toContainText('Waiting for approval')
  await expect(held).toContainText('delete pods/orders-1 in default')
  await expect(held).toContainText('told on-call')
  await expect(held).toContainText(/expires in 1[45]:\d\d/)
  await held.getByRole('button', { name: 'Details of the held command' }).click()
  await expect(held.getByRole('region', { name: 'Waiting for approval' })).toBeVisible()
  await page.evaluate(() => (window as unknown as FakeWindow).gatehouse.approvals.answer('view'))
  await expect(held).toContainText('otto.n@acme.example looked')
  await page.evaluate(() => (window as unknown as FakeWindow).gatehouse.approvals.answer('approve'))
  await expect(held).toContainText('Approved by otto.n@acme.example')
  await expect(screen(page)).toContainText('pod "orders-1" deleted')
})

test('a denied command says by whom and why until it is read; one can take one\'s own back', async ({ page }) => {
  await terminal(page)
  await page.keyboard.type('kubectl delete pod orders-1\r')
  const held = page.getByRole('region', { name: 'Held commands' })
  await expect(held).toContainText('Waiting for approval')
  await page.evaluate(() => (window as unknown as FakeWindow).gatehouse.approvals.answer('deny', 'Wait for the rollout.'))
  await expect(held).toContainText('Denied by otto.n@acme.example')
  await expect(held).toContainText('Wait for the rollout.')
  await held.getByRole('button', { name: 'Dismiss' }).click()
  await expect(held).toHaveCount(0)
  await input(page).focus()
  await page.keyboard.type('kubectl delete pod orders-2\r')
  await held.getByRole('button', { name: 'Take it back' }).click()
  await expect(held).toContainText('Taken back')
})

test('programs cannot write the clipboard, set titles, recolour, make links, or make the terminal type', async ({ page }) => {
  await terminal(page)
  await page.evaluate(() => navigator.clipboard.writeText('mine'))
  const [title, before] = [await page.title(), await written(page)]
  const refused = await page.evaluate(() => (window as unknown as FakeWindow).gatehouse.cluster.refused)
  expect(refused.length).toBeGreaterThan(20)
  for (const each of refused) await print(page, each)
  await print(page, 'after all of them')
  await expect(screen(page)).toContainText('after all of them')
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('mine')
  expect(await page.title()).toBe(title)
  expect(await written(page)).toBe(before)
  // The text of an OSC 8 link is text.
  await expect(screen(page)).toContainText('harmless')
  await expect(screen(page).locator('[style*="underline"], .xterm-underline-5')).toHaveCount(0)
})

test('three questions are answered, with numbers only: shells hang without', async ({ page }) => {
  await terminal(page)
  const before = (await written(page)).length
  await print(page, '\u001b[6n\u001b[5n\u001b[c\u001b[?6n')
  await expect.poll(async () => (await written(page)).slice(before)).toMatch(/^\u001b\[\d+;\d+R\u001b\[0n\u001b\[\?[\d;]+c\u001b\[\?\d+;\d+R$/) // oxlint-disable-line no-control-regex
})

test('a link opens by the modifier only, through the host, and no scheme but http and https is a link', async ({ page }) => {
  await terminal(page)
  await print(page, '\r\nhttps://example.com/a javascript:alert(1) file:///etc/passwd\r\n')
  const { x, y } = await placeOf(page, 'https://example.com/a')
  await page.mouse.move(x - 1, y)
  await page.mouse.click(x, y)
  expect(await calls(page, 'app.openLink')).toEqual([])
  await page.keyboard.down('Control')
  await page.mouse.click(x, y)
  await page.keyboard.up('Control')
  await expect.poll(() => calls(page, 'app.openLink')).toEqual([{ url: 'https://example.com/a' }])
})

test('a paste of one line goes in; of several it is shown first, without what could run it', async ({ page }) => {
  await terminal(page)
  await page.evaluate(() => navigator.clipboard.writeText('echo pasted'))
  await page.keyboard.press('Control+Shift+V')
  await expect(screen(page)).toContainText('$ echo pasted')
  await page.evaluate(() => navigator.clipboard.writeText('echo one\u001b[201~\nkubectl delete ns prod\n'))
  await page.keyboard.press('Control+Shift+V')
  const dialog = page.getByRole('dialog', { name: 'Paste 2 lines?' })
  await expect(dialog).toContainText('kubectl delete ns prod')
  await expect(dialog).toContainText('1 control character that no keyboard types is left out.')
  const before = await written(page)
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(dialog).toHaveCount(0)
  expect(await written(page)).toBe(before)
  await input(page).focus()
  await page.keyboard.press('Control+Shift+V')
  await dialog.getByRole('button', { name: 'Paste', exact: true }).click()
  await expect.poll(() => written(page)).toContain('echo one[201~\rkubectl delete ns prod')
  expect(await written(page)).not.toContain('\u001b[201~\r')
})

test('copy on select is a setting, off by itself', async ({ page }) => {
  const select = async () => {
    await print(page, '\r\nselectable\r\n')
    await doubleClick(page, 'selectable')
  }
  await terminal(page)
  await page.evaluate(() => navigator.clipboard.writeText('mine'))
  await select()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('mine')
  await page.keyboard.press('Control+Shift+C')
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('selectable')
})

test('with the setting, what is selected is copied', async ({ page }) => {
  await terminal(page, { settings: { terminal: { fontSize: 13, copiesOnSelect: true, scrollback: 1000, hasScreenReader: false } } })
  await print(page, '\r\nselectable\r\n')
  await doubleClick(page, 'selectable')
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('selectable')
})

test('`yes` does not freeze the page: what is drawn is acknowledged, and Ctrl+C ends it', async ({ page }) => {
  await terminal(page)
  await page.keyboard.type('yes\r')
  await expect.poll(async () => (await calls(page, 'terminals.acknowledge')).length).toBeGreaterThan(20)
  await page.getByRole('tab', { name: 'Resources' }).click()
  await expect(page.getByRole('grid', { name: 'Pods' })).toBeVisible()
  await page.getByRole('tab', { name: 'Terminal 1' }).click()
  await input(page).focus()
  await page.keyboard.press('Control+C')
  await page.keyboard.type('echo alive\r')
  await expect(screen(page)).toContainText('alive')
})

test('a shell that ended says so; a new session is openly a new one', async ({ page }) => {
  await terminal(page)
  await page.keyboard.type('exit\r')
  await expect(page.getByText('This session is over: the shell ended with code 0')).toBeVisible()
  await page.getByRole('button', { name: 'Start a new session' }).click()
  await expect(screen(page)).toContainText('── a new session ──')
  const opened = await calls(page, 'terminals.open')
  expect(opened).toHaveLength(2)
  expect(opened[0]!['terminal']).not.toBe(opened[1]!['terminal'])
  await page.keyboard.type('echo again\r')
  await expect(screen(page)).toContainText('again')
})

test('a shell without kubectl is told how to get it', async ({ page }) => {
  await terminal(page, { cluster: { hasKubectl: false } })
  const help = page.getByRole('region', { name: 'kubectl is missing' })
  await expect(help).toContainText('sudo apt-get install kubernetes-client')
})

test('keys lead in and out of the terminal; Ctrl+K stays the shell\'s', async ({ page }) => {
  await terminal(page)
  await page.keyboard.press('Control+Shift+ArrowUp')
  await expect(page.getByRole('tab', { name: 'Terminal 1' })).toBeFocused()
  await page.keyboard.press('ArrowLeft')
  await expect(page.getByRole('tab', { name: 'Resources' })).toBeFocused()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowDown')
  await expect(input(page)).toBeFocused()
  await page.keyboard.press('Control+K')
  await expect(page.getByRole('dialog', { name: 'Command palette' })).toHaveCount(0)
  expect(await written(page)).toContain('\u000b')
  await page.keyboard.press('Control+Shift+K')
  await expect(page.getByRole('dialog', { name: 'Command palette' })).toBeVisible()
})

test('finds text in the terminal', async ({ page }) => {
  await terminal(page)
  await print(page, `\r\n${'line\r\n'.repeat(80)}the needle\r\n${'line\r\n'.repeat(80)}`)
  await page.keyboard.press('Control+Shift+F')
  await page.getByRole('searchbox', { name: 'Find in the terminal' }).fill('the needle')
  await expect(screen(page)).toContainText('the needle')
  await page.getByRole('searchbox', { name: 'Find in the terminal' }).fill('no such thing')
  await expect(page.getByText('Not found')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(input(page)).toBeFocused()
})

test('who signs out takes the terminals along', async ({ page }) => {
  await terminal(page)
  await page.getByRole('button', { name: /ana\.lyst@acme\.example/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect.poll(async () => (await calls(page, 'terminals.close')).length).toBe(1)
})
