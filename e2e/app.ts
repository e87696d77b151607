// The app of one of the demo's people, with a folder of its own as on a computer of their own, in a browser context of its own.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from '@playwright/test'
import { demo, signIn } from './demo.ts'

export interface App { readonly page: Page; close(): Promise<void> }

/** Signed in. `prepare`: before the page is there; `gateway`: another than the demo's. */
export async function appOf(browser: Browser, person: RegExp, prepare: (context: BrowserContext) => Promise<void> = () => Promise.resolve(), gateway: { readonly api: string; readonly ca: string } = demo()): Promise<App> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-app-'))
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'bin', 'gatehouse'), 'app', '--browser'], {
    stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, GATEHOUSE_URL: gateway.api, GATEHOUSE_CA: gateway.ca, XDG_CONFIG_HOME: folder, HOME: folder },
  })
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  await prepare(context)
  const page = await context.newPage()
  await page.goto(await firstLine(child))
  await signIn(page, person)
  return {
    page,
    async close() {
      await context.close()
      const gone = new Promise((resolve) => { child.once('exit', resolve) })
      child.kill('SIGTERM')
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    child.once('exit', (code) => reject(new Error(`the app ended with ${code}`)))
  })
}
