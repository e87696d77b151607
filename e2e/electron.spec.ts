// The same story in the window, where an Electron runtime and a display are. Where they are not, the run says so: the renderer
// and the capabilities are the browser host's, and story.spec.ts has seen those.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, expect, test, type ElectronApplication, type Page } from '@playwright/test'
import { findRuntime } from '../cli/electron-runtime.ts'
import { demo } from './demo.ts'

test.describe.configure({ mode: 'serial' })

const runtime = await findRuntime(() => undefined)
test.skip(runtime.kind === 'browser', `no window on this machine: ${runtime.kind === 'browser' ? runtime.why : ''}`)

let app: ElectronApplication
let page: Page
let folder: string

test.beforeAll(async () => {
  if (runtime.kind === 'browser') return
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-window-'))
  app = await _electron.launch({
    executablePath: runtime.binary, args: [runtime.main],
    env: { ...process.env as Record<string, string>, GATEHOUSE_URL: demo().api, GATEHOUSE_CA: demo().ca, XDG_CONFIG_HOME: folder, HOME: folder },
  })
  page = await app.firstWindow()
})
test.afterAll(async () => {
  if (runtime.kind === 'browser') return
  await app?.close()
  rmSync(folder, { recursive: true, force: true })
})

test('the window is sandboxed: no Node in the page, and no way out of it', async () => {
  expect(await page.evaluate(() => typeof (globalThis as { require?: unknown }).require)).toBe('undefined')
  expect(page.url()).toMatch(/^app:\/\//)
  await page.evaluate(() => { window.open('https://example.com') })
  expect(app.windows()).toHaveLength(1)
})

test('sign in through the system browser, select, be masked', async ({ browser }) => {
  // The system browser is ours to play here: Electron is asked to open a page, and this Chromium opens it.
  await app.evaluate(({ shell }) => {
    shell.openExternal = (url: string) => {
      ;(globalThis as { opened?: string }).opened = url
      return Promise.resolve()
    }
  })
  await page.getByRole('button', { name: /^sign in with/i }).click()
  await expect.poll(() => app.evaluate(() => (globalThis as { opened?: string }).opened)).toMatch(/^http/)
  const provider = await browser.newPage()
  await provider.goto((await app.evaluate(() => (globalThis as { opened?: string }).opened))!)
  await provider.getByRole('button', { name: /Ana/ }).click()
  await provider.close()
  await page.getByRole('button', { name: 'Open shop' }).or(page.getByRole('link', { name: 'Open shop' })).first().click()
  await page.getByRole('textbox', { name: 'SQL editor' }).focus()
  await page.keyboard.insertText('select * from customers limit 20')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('gridcell', { name: '[masked], masked by rule pii of policy shop' }).first()).toBeVisible()
})
