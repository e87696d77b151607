// The cluster page of the built renderer in a real browser, against the fake Desktop with its toy shell: terminals, what stands around
// them, what programs in them cannot do, and the resources beside.
import { expect, test, type Page } from '@playwright/test'
import { fakeDesktopScript, serveRenderer, type RendererServer } from './ui-harness.ts'

let server: RendererServer
let fake: string

test.beforeAll(async () => { [server, fake] = await Promise.all([serveRenderer(), fakeDesktopScript()]) })
test.afterAll(() => server.close())

const faults = new WeakMap<Page, string[]>()

test.beforeEach(async ({ page }) => {
  const seen: string[] = []
  faults.set(page, seen)
  // A violation of the Content-Security-Policy is a console error too.
  page.on('console', (message) => { if (message.type() === 'error') seen.push(message.text()) })
  page.on('pageerror', (error) => seen.push(String(error)))
})
test.afterEach(({ page }) => expect(faults.get(page)).toEqual([]))

async function open(page: Page, options: Record<string, unknown> = {}, path = '#/connections/prod'): Promise<void> {
  await page.addInitScript(`window.fakeOptions = ${JSON.stringify(options)}`)
  await page.addInitScript(fake)
  // Without graphics xterm draws into the document, where a test can read it; `draws with WebGL` has them.
  if (options['hasGraphics'] !== true) await page.addInitScript(withoutGraphics)
  await page.goto(server.url + path)
}

function withoutGraphics(): void {
  const before = HTMLCanvasElement.prototype.getContext as (...given: unknown[]) => unknown
  HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, ...given: unknown[]) { return given[0] === 'webgl2' ? null : before.apply(this, given) } as typeof HTMLCanvasElement.prototype.getContext
}

interface FakeWindow { readonly gatehouse: { readonly cluster: { readonly written: string[]; readonly refused: readonly string[]; print(text: string): void; roll(): void }; readonly approvals: { arriveCluster(): void; answer(how: string, reason?: string): void }; readonly calls: { readonly name: string; readonly input: Record<string, unknown> }[] } }

const input = (page: Page) => page.getByRole('textbox', { name: 'Terminal on prod' })
/** What the screen shows, wrapped lines as they are drawn. */
const screen = (page: Page) => page.locator('.xterm-rows')
const print = (page: Page, text: string) => page.evaluate((what) => (window as unknown as FakeWindow).gatehouse.cluster.print(what), text)
const written = (page: Page) => page.evaluate(() => (window as unknown as FakeWindow).gatehouse.cluster.written.join(''))
const calls = (page: Page, name: string) => page.evaluate((which) => (window as unknown as FakeWindow).gatehouse.calls.filter((call) => call.name === which).map((call) => call.input), name)

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
