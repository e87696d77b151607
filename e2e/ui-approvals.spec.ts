// Approvals in the built renderer, in a real browser, against the fake Desktop: the inbox, the page, the keys, what waits in its tab, and
// what would become of a statement while it is typed.
import { expect, test, type Page } from '@playwright/test'
import { rendererPages } from './ui-page.ts'

const openAt = rendererPages('#/approvals')
const open = (page: Page, path?: string, options?: Record<string, unknown>): Promise<void> => openAt(page, options, path)

/** What the fake Desktop offers to tests. */
interface Fake { readonly calls: { readonly name: string; readonly input: unknown }[]; readonly approvals: { answer(how: string, reason?: string): void; arrive(): void } }
const answer = (page: Page, how: 'view' | 'approve' | 'deny', reason?: string) => page.evaluate(([how, reason]) => (window as unknown as { gatehouse: Fake }).gatehouse.approvals.answer(how!, reason), [how, reason] as const)
const callsOf = (page: Page, name: string) => page.evaluate((name) => (window as unknown as { gatehouse: Fake }).gatehouse.calls.filter((call) => call.name === name).map(({ input }) => input), name)

const rows = (page: Page) => page.getByRole('list', { name: 'Approvals' }).getByRole('listitem')
const article = (page: Page) => page.getByRole('article', { name: 'Approval' })
const editor = (page: Page) => page.getByRole('textbox', { name: 'SQL editor' })
const results = (page: Page) => page.getByRole('region', { name: 'Results' })
const pages = { human: '#/approvals/ap_01KAH0000000000000000AAA1', ci: '#/approvals/ap_01KAH0000000000000000AAA2', agent: '#/approvals/ap_01KAH0000000000000000AAA3', grant: '#/approvals/ap_01KAH0000000000000000AAA4', review: '#/approvals/ap_01KAG0000000000000000BBB3' } as const

async function run(page: Page, text: string): Promise<void> {
  await editor(page).focus()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(text)
  await page.keyboard.press('Control+Enter')
}

test('the inbox lists what is to be decided, what expires first on top, and the sidebar counts it', async ({ page }) => {
  await open(page)
  await expect(rows(page)).toHaveCount(4)
  await expect(rows(page).first()).toContainText('high risk')
  await expect(rows(page).first()).toContainText('production')
  await expect(page.getByRole('navigation', { name: 'Main' }).getByLabel('5 waiting')).toBeVisible()
  await page.getByText('Reviews 1').click()
  await expect(rows(page)).toHaveCount(1)
  await expect(rows(page)).toContainText('broke glass')
  await page.getByText('Decided', { exact: true }).click()
  await expect(rows(page)).toHaveCount(3)
  await expect(rows(page).filter({ hasText: 'alter table orders' })).toContainText('agreed by acme/shop#41')
  await page.getByText('Mine', { exact: true }).click()
  await expect(rows(page)).toContainText('denied')
})

test('nothing waits: the inbox says so', async ({ page }) => {
  await open(page, '#/approvals', { hasNoApprovals: true })
  await expect(page.getByRole('heading', { name: 'Nothing waits for you' })).toBeVisible()
})

test('one that comes appears at once, in the list, the count and the corner', async ({ page }) => {
  await open(page)
  await expect(rows(page)).toHaveCount(4)
  await page.evaluate(() => (window as unknown as { gatehouse: Fake }).gatehouse.approvals.arrive())
  await expect(rows(page)).toHaveCount(5)
  const news = page.getByRole('status', { name: 'News' })
  await expect(news).toContainText('eli.ng@acme.example asks for approval on shop')
  await news.getByRole('link').click()
  await expect(article(page)).toContainText("set note = 'arrived'")
  await expect(news.getByRole('link')).toHaveCount(0)
})

test('with the keys: j and Enter open, a approves, u goes back', async ({ page }) => {
  await open(page)
  await expect(rows(page)).toHaveCount(4)
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await expect(article(page)).toBeVisible()
  await expect(page.getByRole('heading', { level: 1 })).toContainText('eli.ng@acme.example asks')
  await page.keyboard.press('a')
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()
  await expect(article(page).getByText('You have decided this approval already')).toBeVisible()
  await page.keyboard.press('u')
  await expect(rows(page)).toHaveCount(3)
  expect(await callsOf(page, 'approvals.decide')).toMatchObject([{ decision: 'approve', reason: null }])
})

test('a denial carries its reason, by the keys alone', async ({ page }) => {
  await open(page, pages.human)
  await expect(article(page)).toBeVisible()
  await page.keyboard.press('d')
  await expect(page.getByRole('textbox', { name: /why not/i })).toBeFocused()
  await page.keyboard.type('Use the refund job.')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('complementary', { name: 'Facts' })).toContainText('Use the refund job.')
  expect(await callsOf(page, 'approvals.decide')).toMatchObject([{ id: 'ap_01KAH0000000000000000AAA1', decision: 'deny', reason: 'Use the refund job.' }])
})

test('keys typed into a field are text', async ({ page }) => {
  await open(page, pages.human)
  await expect(article(page)).toBeVisible()
  await page.keyboard.press('d')
  await expect(page.getByRole('textbox', { name: /why not/i })).toBeFocused()
  await page.keyboard.type('a add')
  await expect(page.getByRole('textbox', { name: /why not/i })).toHaveValue('a add')
  await expect(page.getByRole('dialog')).toHaveCount(1)
})

test('high risk is approved by typing the connection’s name, and not before', async ({ page }) => {
  await open(page, pages.ci)
  await expect(article(page)).toBeVisible()
  await page.keyboard.press('a')
  const approve = page.getByRole('dialog').getByRole('button', { name: 'Approve' })
  await approve.click({ force: true })
  await page.keyboard.press('Enter')
  const name = page.getByRole('textbox', { name: /type shop to approve/i })
  await name.fill('shop-dev')
  await name.press('Enter')
  expect(await callsOf(page, 'approvals.decide')).toEqual([])
  await name.fill('shop')
  await name.press('Enter')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  expect(await callsOf(page, 'approvals.decide')).toHaveLength(1)
})

test('a CI job: its repository and run, what it waits for, who has agreed so far', async ({ page }) => {
  await open(page, pages.ci)
  const facts = page.getByRole('complementary', { name: 'Facts' })
  await expect(facts).toContainText('acme/shop')
  await expect(facts.getByRole('link', { name: /actions\/runs\/7123/ })).toHaveAttribute('rel', /noopener/)
  await expect(facts).toContainText('2 of on-call1 of 2')
  await expect(facts).toContainText('RowExclusiveLock public.orders')
  await expect(facts).toContainText('checked with finance')
})

test('an agent: on whose behalf; hidden characters are shown in text and parameters, nothing of the text is left out', async ({ page }) => {
  await open(page, pages.agent)
  await expect(page.getByRole('complementary', { name: 'Facts' })).toContainText('on behalf of eli.ng@acme.example')
  await expect(page.getByRole('status').filter({ hasText: '5 hidden characters' })).toBeVisible()
  const sql = article(page).getByLabel('SQL')
  await expect(sql).toHaveText(/RLO \} LRIif \(isTest\) PDI LRI or true -- \*\//)
  await expect(sql).toContainText('idZWSP')
  expect(await sql.innerText()).not.toMatch(/[\u202e\u2066\u2069\u200b]/)
  await expect(article(page).getByRole('region', { name: 'Parameters' })).toContainText('42RLO24')
  // Colours come with the editor's grammar; the text is the same before and after.
  await expect(sql.locator('[data-type=keyword]').first()).toHaveText('delete')
})

test('who decides is seen to have looked, once', async ({ page }) => {
  await open(page, pages.human)
  await expect(page.getByRole('complementary', { name: 'Facts' })).toContainText('ana.lyst@acme.example looked')
  expect(await callsOf(page, 'approvals.view')).toHaveLength(1)
  expect(await callsOf(page, 'approvals.show')).toHaveLength(1)
})

test('shortened: nearer only', async ({ page }) => {
  await open(page, pages.human)
  await expect(article(page)).toBeVisible()
  await page.keyboard.press('s')
  await expect(page.getByRole('dialog').getByRole('button', { name: /^In / })).toHaveText(['In 1 minute', 'In 5 minutes'])
  await page.getByRole('button', { name: 'In 1 minute' }).click()
  await expect(article(page).getByLabel(/^expires in (?:1:00|0:)/)).toBeVisible()
})

test('access is granted for fewer minutes than asked, never for more', async ({ page }) => {
  await open(page, pages.grant)
  await expect(article(page)).toContainText('select, update on public.orders, public.order_items for 1 hour')
  await page.keyboard.press('a')
  const minutes = page.getByRole('spinbutton')
  await minutes.fill('90')
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click({ force: true })
  expect(await callsOf(page, 'approvals.decide')).toEqual([])
  await minutes.fill('20')
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  expect(await callsOf(page, 'approvals.decide')).toMatchObject([{ minutes: 20 }])
})

test('a break-glass is reviewed with a note', async ({ page }) => {
  await open(page, pages.review)
  await page.getByRole('button', { name: 'Close the review…' }).click()
  await page.getByRole('textbox', { name: 'What did you find?' }).fill('Right call; price list fixed.')
  await page.getByRole('button', { name: 'Close the review', exact: true }).click()
  await expect(page.getByRole('complementary', { name: 'Facts' })).toContainText('Right call; price list fixed.')
})

test('access: asked for, listed, revoked', async ({ page }) => {
  await open(page, '#/approvals/grants')
  const access = page.getByRole('list', { name: 'Access' })
  await expect(access).toContainText('select on public.*')
  await access.getByRole('button', { name: /^Revoke/ }).click()
  await expect(access).toContainText('revoked')
  await page.getByRole('button', { name: 'Ask for access' }).click()
  await page.getByRole('textbox', { name: 'What is it for?' }).fill('INC-42')
  await page.getByRole('button', { name: 'Ask', exact: true }).click()
  await expect(article(page)).toContainText('update on public.* for 1 hour')
  expect(await callsOf(page, 'grants.request')).toEqual([{ connection: 'shop', kinds: ['update'], on: ['public.*'], minutes: 60, purpose: 'INC-42' }])
})

test('a statement waits in its tab: who is told, who looked, what it is for; the result lands there', async ({ page }) => {
  await open(page, '#/connections/shop')
  await run(page, "update orders set status = 'paid' where id = 4")
  const panel = page.getByRole('region', { name: 'Waiting for approval' })
  await expect(panel).toContainText('Told: on-call')
  await expect(panel.getByLabel(/^expires in/)).toBeVisible()
  await panel.getByRole('textbox').fill('INC-42: paid by phone')
  await panel.getByRole('button', { name: 'Tell them' }).click()
  await expect(panel).toContainText('“INC-42: paid by phone”')
  await expect(panel.getByRole('textbox')).toHaveCount(0)
  await answer(page, 'view')
  await expect(panel).toContainText('otto.n@acme.example looked')
  await answer(page, 'approve')
  await expect(results(page)).toContainText('UPDATE 1')
  await expect(panel).toHaveCount(0)
})

test('a merged pull request that agreed is shown with its author, its reviewers and the commit', async ({ page }) => {
  await open(page, '#/approvals/ap_01KAG0000000000000000BBB5')
  const facts = page.getByRole('complementary', { name: 'Facts' })
  await expect(facts).toContainText('Pull request acme/shop#41 of eli-ng')
  await expect(facts).toContainText('reviewed by otto-n')
  await expect(facts).toContainText('commit 0123456789ab')
  await expect(facts.getByRole('link', { name: 'https://github.com/acme/shop/pull/41' })).toHaveAttribute('rel', 'noopener noreferrer')
})

test('a reason that policy wants is asked before anything is sent, by the keyboard alone', async ({ page }) => {
  await open(page, '#/connections/shop')
  await run(page, 'merge into orders using stale on true when matched then delete')
  const dialog = page.getByRole('dialog', { name: 'What is it for?' })
  await expect(dialog.getByRole('textbox', { name: 'Reason' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(dialog).toBeVisible()
  expect(await callsOf(page, 'sql.run')).toEqual([])
  await page.keyboard.type('INC-42: stale')
  await page.keyboard.press('Enter')
  const panel = page.getByRole('region', { name: 'Waiting for approval' })
  await expect(panel).toContainText('“INC-42: stale”')
  await expect(panel.getByRole('textbox')).toHaveCount(0)
  expect(await callsOf(page, 'sql.run')).toMatchObject([{ reason: 'INC-42: stale' }])
  await page.getByRole('button', { name: 'Take it back' }).click()
  await expect(page.getByRole('status').filter({ hasText: 'Cancelled' })).toBeVisible()
  await editor(page).focus()
  await page.keyboard.press('Control+Enter')
  await expect(dialog.getByRole('textbox', { name: 'Reason' })).toHaveValue('INC-42: stale')
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
  expect(await callsOf(page, 'sql.run')).toHaveLength(1)
})

test('refused for want of a reason, it can be said there', async ({ page }) => {
  await open(page, '#/connections/shop', { failures: { 'sql.preflight': { code: 'gateway_unreachable', message: 'the gateway is away' } } })
  await run(page, 'merge into orders using stale on true when matched then delete')
  await expect(results(page).getByRole('heading', { name: 'A reason is wanted' })).toBeVisible()
  await results(page).getByRole('button', { name: 'Say what it is for…' }).click()
  await page.keyboard.type('INC-43')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('region', { name: 'Waiting for approval' })).toContainText('“INC-43”')
})

test('denied: the reason of the one who decided, at the statement', async ({ page }) => {
  await open(page, '#/connections/shop')
  await run(page, "update orders set status = 'paid' where id = 4")
  await expect(page.getByRole('region', { name: 'Waiting for approval' })).toBeVisible()
  await answer(page, 'deny', 'Paid already.')
  const alert = results(page).getByRole('alert')
  await expect(alert).toContainText('Denied by otto.n@acme.example')
  await expect(alert).toContainText('Paid already.')
})

test('taken back: it does not run', async ({ page }) => {
  await open(page, '#/connections/shop')
  await run(page, "update orders set status = 'paid' where id = 4")
  await page.getByRole('button', { name: 'Take it back' }).click()
  await expect(page.getByRole('status').filter({ hasText: 'Cancelled' })).toBeVisible()
})

test('while typing, each statement says what would become of it', async ({ page }) => {
  await open(page, '#/connections/shop')
  await editor(page).focus()
  await page.keyboard.insertText("select id from orders;\nselect email from customers;\nupdate orders set note = 'x' where id = 1;\ndrop table orders;\nwat")
  const line = page.getByRole('note', { name: 'Before it runs' })
  await expect(line).toContainText('cannot tell')
  await expect(page.locator('.view-lines')).toContainText('masks email, ssn')
  await expect(page.locator('.view-lines')).toContainText('needs approval by on-call')
  await expect(page.locator('.view-lines')).toContainText('blocked: drop is not allowed')
  await page.keyboard.press('Control+Home')
  await expect(line).toContainText('allowed')
  await page.keyboard.press('ArrowDown')
  await expect(line).toContainText('masks email, ssn')
})

test('no verdict before the gateway has answered, and none of a text that has changed', async ({ page }) => {
  await open(page, '#/connections/shop', { failures: { 'sql.preflight': { code: 'gateway_unreachable', message: 'the gateway is away' } } })
  await editor(page).focus()
  await page.keyboard.insertText('select id from orders')
  const line = page.getByRole('note', { name: 'Before it runs' })
  await expect(line).toContainText('Checking…')
  await expect(line).toContainText('Cannot tell beforehand: the gateway is away')
  await expect(line).not.toContainText('allowed')
})

test('notifications: hours of one’s own are kept', async ({ page }) => {
  await open(page, '#/settings')
  await page.getByRole('radiogroup', { name: 'Hours' }).getByText('In these hours').click()
  await page.getByRole('checkbox', { name: 'Friday' }).click()
  await page.getByLabel('To', { exact: true }).fill('08:00')
  await expect(page.getByText('Until 08:00 of the next day.')).toBeVisible()
  expect((await callsOf(page, 'settings.set')).at(-1)).toEqual({ notifications: { isOn: true, hasSound: true, hours: { days: [1, 2, 3, 4], from: '09:00', to: '08:00' } } })
})

for (const theme of ['light', 'dark'] as const) {
  test(`in a narrow window, ${theme}: nothing sticks out, everything can be decided`, async ({ page }) => {
    await page.setViewportSize({ width: 600, height: 800 })
    await open(page, '#/approvals', { settings: { theme } })
    await expect(rows(page)).toHaveCount(4)
    for (const path of ['#/approvals', pages.ci, pages.agent, pages.grant, '#/approvals/grants']) {
      await page.goto(new URL(path, page.url()).href)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      expect(await page.locator('#main').evaluate((main) => main.scrollWidth - main.clientWidth)).toBeLessThanOrEqual(0)
    }
    await page.goto(new URL(pages.human, page.url()).href)
    await expect(page.getByRole('button', { name: 'Approve…' })).toBeInViewport()
    await expect(page.getByRole('button', { name: 'Deny…' })).toBeInViewport()
  })
}
