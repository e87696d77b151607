// What every ui-*.spec.ts begins with: the built renderer served, the fake Desktop in its page, and no page that may say an error.
import { expect, test, type Page } from '@playwright/test'
import { fakeDesktopScript, serveRenderer, type RendererServer } from './ui-harness.ts'

export type Open = (page: Page, options?: Record<string, unknown>, path?: string) => Promise<void>

/** Registers the hooks of a spec file; gives the way to open a page of it. `path`: where no other is said. */
export function rendererPages(path: string): Open {
  let server: RendererServer
  let fake: string
  const faults = new WeakMap<Page, string[]>()

  test.beforeAll(async () => { [server, fake] = await Promise.all([serveRenderer(), fakeDesktopScript()]) })
  test.afterAll(() => server.close())
  test.beforeEach(({ page }) => {
    const seen: string[] = []
    faults.set(page, seen)
    // A violation of the Content-Security-Policy is a console error too.
    page.on('console', (message) => { if (message.type() === 'error') seen.push(message.text()) })
    page.on('pageerror', (error) => seen.push(String(error)))
  })
  test.afterEach(({ page }) => expect(faults.get(page)).toEqual([]))

  return async (page, options = {}, at = path) => {
    await page.addInitScript(`window.fakeOptions = ${JSON.stringify(options)}`)
    await page.addInitScript(fake)
    await page.goto(server.url + at)
  }
}
