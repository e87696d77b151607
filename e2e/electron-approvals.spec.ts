// Tray, notification and deep links in the window, where an Electron runtime and a display are; else the run says so. What they decide is
// tested in plain modules (electron/approvals, electron/deep-link); here, that the real Electron does it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, expect, test, type Browser, type ElectronApplication, type Page } from '@playwright/test'
import { findRuntime } from '../cli/electron-runtime.ts'
import { demo, hasPsql, psql, userIn, type Ran } from './demo.ts'

test.describe.configure({ mode: 'serial' })

const runtime = await findRuntime(() => undefined)
test.skip(runtime.kind === 'browser', `no window on this machine: ${runtime.kind === 'browser' ? runtime.why : ''}`)
test.skip(!hasPsql, 'psql is not on this machine')

/** What was put into the tray and shown as a notification, seen from inside the app's main process. */
interface Seen {
  readonly tray: { tooltip: string; labels: string[] }
  readonly shown: { title: string; body: string; actions: string[]; silent: boolean; isClosed: boolean }[]
}

let app: ElectronApplication
let page: Page
let folder: string

test.beforeAll(async ({ browser }) => {
  if (runtime.kind === 'browser') return
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-window-'))
  app = await _electron.launch({
    executablePath: runtime.binary, args: [runtime.main],
    env: { ...process.env as Record<string, string>, GATEHOUSE_URL: demo().api, GATEHOUSE_CA: demo().ca, XDG_CONFIG_HOME: folder, HOME: folder },
  })
  page = await app.firstWindow()
  await watchMain()
  await signIn(browser, /Otto/)
})
test.afterAll(async () => {
  if (runtime.kind === 'browser') return
  await app?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The calls themselves still happen: this only looks at them, and keeps what they were made on. */
function watchMain(): Promise<void> {
  return app.evaluate(({ Notification, Tray, shell }) => {
    const seen = { tray: { tooltip: '', labels: [] as string[] }, shown: [] as unknown[], made: [] as unknown[], opened: '' }
    ;(globalThis as { seen?: unknown }).seen = seen
    const { setToolTip, setContextMenu } = Tray.prototype
    Tray.prototype.setToolTip = function (text: string) { seen.tray.tooltip = text; setToolTip.call(this, text) }
    Tray.prototype.setContextMenu = function (menu) { seen.tray.labels = menu?.items.map(({ label }) => label) ?? []; setContextMenu.call(this, menu) }
    const { show, close } = Notification.prototype
    Notification.prototype.show = function () {
      seen.made.push(this)
      seen.shown.push({ title: this.title, body: this.body, actions: this.actions.map(({ text }) => text), silent: this.silent, isClosed: false })
      show.call(this)
    }
    Notification.prototype.close = function () { (seen.shown[seen.made.indexOf(this)] as { isClosed: boolean }).isClosed = true; close.call(this) }
    shell.openExternal = (url: string) => { seen.opened = url; return Promise.resolve() }
  })
}
const seen = (): Promise<Seen> => app.evaluate(() => { const { tray, shown } = (globalThis as unknown as { seen: Seen }).seen; return { tray, shown } })
const newest = async () => (await seen()).shown.at(-1)
/** As the system would say it of the newest notification. */
const says = (event: 'click' | 'action') => app.evaluate((_, name) => { (globalThis as unknown as { seen: { made: { emit(name: string, event: object, index?: number): void }[] } }).seen.made.at(-1)!.emit(name, {}, 0) }, event)

async function signIn(browser: Browser, person: RegExp): Promise<void> {
  await page.getByRole('button', { name: /^sign in with/i }).click()
  const opened = () => app.evaluate(() => (globalThis as unknown as { seen: { opened: string } }).seen.opened)
  await expect.poll(opened).toMatch(/^http/)
  const provider = await browser.newPage()
  await provider.goto(await opened())
  await provider.getByRole('button', { name: person }).click()
  await provider.close()
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible()
}

const asks = (id: number): Promise<Ran> => psql(userIn('engineers'), ['-c', `update orders set note = 'zq-exact-${id}' where id = ${id}`])

test('what waits is counted in the tray and told once; a click on the notification opens it', async () => {
  const asked = asks(41)
  await expect.poll(async () => (await seen()).tray.tooltip).toBe('Gatehouse: 1 approval waits for you')
  expect((await seen()).tray.labels).toContain('Show approvals')
  const told = await newest()
  expect(told?.title).toContain('asks on shop')
  expect(told?.actions).toEqual(['Deny'])
  await says('click')
  await expect(page).toHaveURL(/#\/approvals\/ap_/)
  await expect(page.getByRole('article', { name: 'Approval' })).toContainText('zq-exact-41')
  await says('action')
  expect((await asked).stderr).toMatch(/denied by/)
  await expect.poll(async () => (await seen()).tray.tooltip).toBe('Gatehouse: Nothing waits for you')
})

test('nothing but the page approves: neither menu nor notification has a way to', async () => {
  const asked = asks(42)
  await expect.poll(async () => (await seen()).tray.tooltip).toContain('1 approval')
  const { tray } = await seen()
  for (const label of [...tray.labels, ...(await newest())!.actions]) expect(label).not.toMatch(/approve/i)
  await app.evaluate(({ app: main }) => { main.emit('open-url', { preventDefault: () => undefined }, 'gatehouse://approvals') })
  await page.getByRole('list', { name: 'Approvals' }).getByRole('link').first().click()
  await page.getByRole('button', { name: 'Approve…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()
  expect((await asked).stdout).toContain('UPDATE 1')
  // Taken back, as it is decided.
  await expect.poll(async () => (await newest())?.isClosed).toBe(true)
})

test('a deep link opens its page without a navigation; what is no link of ours does nothing', async () => {
  const open = (url: string) => app.evaluate(({ app: main }, link) => { main.emit('second-instance', {}, ['gatehouse', link], '/') }, url)
  await page.evaluate(() => { (globalThis as { kept?: boolean }).kept = true })
  await open('gatehouse://approvals')
  await expect(page).toHaveURL(/#\/approvals$/)
  await open('gatehouse://connections/shop')
  await expect(page).toHaveURL(/#\/connections\/shop$/)
  for (const link of ['gatehouse://approvals/../../settings', 'gatehouse://approvals/ap_1?approve=1', 'https://evil.example', 'gatehouse://approve/ap_1']) await open(link)
  await expect(page).toHaveURL(/#\/connections\/shop$/)
  expect(await page.evaluate(() => (globalThis as { kept?: boolean }).kept)).toBe(true)
})
