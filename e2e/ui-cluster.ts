// The page of a cluster in the built renderer, for the specs about it: what is on its screen, and what the fake Desktop's cluster was told.
import type { Page } from '@playwright/test'
import { rendererPages, type Open } from './ui-page.ts'

export interface FakeWindow { readonly gatehouse: { readonly cluster: { readonly written: string[]; readonly refused: readonly string[]; print(text: string): void; roll(): void }; readonly approvals: { arriveCluster(): void; answer(how: string, reason?: string): void }; readonly calls: { readonly name: string; readonly input: Record<string, unknown> }[] } }

/** Without graphics xterm draws into the document, where a test can read it; `hasGraphics` has them. */
export function clusterPages(): Open {
  const openAt = rendererPages('#/connections/prod')
  return async (page, options = {}, path) => {
    if (options['hasGraphics'] !== true) await page.addInitScript(withoutGraphics)
    await openAt(page, options, path)
  }
}

function withoutGraphics(): void {
  const before = HTMLCanvasElement.prototype.getContext as (...given: unknown[]) => unknown
  HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, ...given: unknown[]) { return given[0] === 'webgl2' ? null : before.apply(this, given) } as typeof HTMLCanvasElement.prototype.getContext
}

export const input = (page: Page) => page.getByRole('textbox', { name: 'Terminal on prod' })
/** What the screen shows, wrapped lines as they are drawn. */
export const screen = (page: Page) => page.locator('.xterm-rows')
export const print = (page: Page, text: string) => page.evaluate((what) => (window as unknown as FakeWindow).gatehouse.cluster.print(what), text)
export const written = (page: Page) => page.evaluate(() => (window as unknown as FakeWindow).gatehouse.cluster.written.join(''))
export const calls = (page: Page, name: string) => page.evaluate((which) => (window as unknown as FakeWindow).gatehouse.calls.filter((call) => call.name === which).map((call) => call.input), name)
