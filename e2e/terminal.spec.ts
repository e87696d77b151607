// A cluster, two people: an engineer works in the app's terminal with real kubectl and her own shell, what needs approval waits there
// until somebody on call has decided it in his app, and what must not be seen is seen nowhere: not on the screen, not in the recording.
import { spawnSync } from 'node:child_process'
import { expect, test, type BrowserContext, type Page } from '@playwright/test'
import { appOf, type App } from './app.ts'

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0

test.describe.configure({ mode: 'serial' })
test.skip(!hasKubectl, 'kubectl is missing')

let eli: App
let otto: App

/** Without graphics xterm draws into the document, where a test can read it. */
const withoutGraphics = async (context: BrowserContext): Promise<void> => void await context.addInitScript(() => {
  const before = HTMLCanvasElement.prototype.getContext as (...given: unknown[]) => unknown
  HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, ...given: unknown[]) { return given[0] === 'webgl2' ? null : before.apply(this, given) } as typeof HTMLCanvasElement.prototype.getContext
})

test.beforeAll(async ({ browser }) => {
  test.setTimeout(120_000)
  ;[eli, otto] = [await appOf(browser, /Eli/, withoutGraphics), await appOf(browser, /Otto/)]
  await eli.page.getByRole('button', { name: 'Open cluster' }).click()
  await expect(screen()).toContainText(/[$#]/)
})
test.afterAll(async () => { await Promise.all([eli?.close(), otto?.close()]) })

const screen = () => eli.page.locator('.xterm-rows')
const held = () => eli.page.getByRole('region', { name: 'Held commands' })
/** Lines are drawn without their ends: spaces between words, and nothing between lines. */
const text = async (page: Page) => (await page.locator('.xterm-rows > div').allTextContents()).map((line) => line.replaceAll('\u00a0', ' ').trimEnd()).join('\n')

async function type(line: string): Promise<void> {
  await eli.page.getByRole('textbox', { name: 'Terminal on cluster' }).focus()
  await eli.page.keyboard.type(`clear; ${line}\n`)
}

test('kubectl runs in the terminal, in the namespace that is picked outside of it', async () => {
  await eli.page.getByRole('button', { name: /^Namespace/ }).click()
  await eli.page.getByRole('option', { name: 'shop', exact: true }).click()
  await expect(eli.page.getByRole('button', { name: 'Namespace: shop' })).toBeVisible()
  await type('kubectl get pods')
  await expect(screen()).toContainText('READY')
  await expect(screen()).toContainText('Running')
})

test('a namespace that is set by a command is the one that is shown', async () => {
  await type('kubectl config set-context --current --namespace=default')
  await expect(eli.page.getByRole('button', { name: 'Namespace: default' })).toBeVisible()
  await type('kubectl config set-context --current --namespace=shop')
  await expect(eli.page.getByRole('button', { name: 'Namespace: shop' })).toBeVisible()
})

test('a program that writes without end keeps nothing from working', async () => {
  await type('yes')
  await expect(screen()).toContainText('yyyyyy')
  await eli.page.getByRole('button', { name: 'New terminal' }).click()
  await expect(screen()).toContainText(/[$#]/)
  await type('echo quick-$((40 + 2))')
  await expect(screen()).toContainText('quick-42', { timeout: 5_000 })
  await eli.page.getByRole('button', { name: 'Close Terminal 2' }).click()
  await eli.page.getByRole('textbox', { name: 'Terminal on cluster' }).focus()
  await eli.page.keyboard.press('Control+C')
  await type('echo alive-$((40 + 2))')
  await expect(screen()).toContainText('alive-42')
})

test('a secret is masked on the screen', async () => {
  await type('kubectl get secrets -o jsonpath="{.items[*].data}" | head -c 400; echo; echo done')
  await expect.poll(() => text(eli.page)).toMatch(/\ndone/)
  for (const value of (await text(eli.page)).matchAll(/":"([A-Za-z0-9+/=]+)"/g)) expect(Buffer.from(value[1]!, 'base64').toString()).toBe('[masked]')
})

test('kubectl delete pod waits; on call sees exactly what and what for, approves, and the terminal goes on', async () => {
  await eli.page.getByRole('button', { name: 'Say what it is for' }).click()
  await eli.page.getByRole('textbox', { name: 'What is it for?' }).fill('INC-42: stuck rollout')
  await eli.page.keyboard.press('Enter')
  await expect(eli.page.getByRole('button', { name: 'For: INC-42: stuck rollout' })).toBeVisible()
  await type('POD=$(kubectl get pods -o name | head -1); kubectl delete $POD --wait=false; echo "ended $?"')
  await expect(held()).toContainText('Waiting for approval')
  await expect(held()).toContainText(/delete pods\/\S+ in shop/)
  await expect(held()).toContainText('told on-call')
  await otto.page.getByRole('link', { name: 'Approvals' }).first().click()
  await otto.page.getByRole('link', { name: /^delete pods\/\S+ in shop/ }).click()
  await expect(otto.page.getByRole('region', { name: 'What it is for' })).toContainText('INC-42: stuck rollout')
  await expect(otto.page.getByRole('region', { name: 'At a glance' })).toContainText('delete (DELETE)')
  await expect(otto.page.getByLabel('Request', { exact: true }).last()).toContainText('DELETE /api/v1/namespaces/shop/pods/')
  await otto.page.getByRole('button', { name: /^Approve/ }).click()
  await otto.page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click()
  await expect(held()).toContainText('Approved by')
  await expect.poll(() => text(eli.page)).toMatch(/deleted[^]*\nended 0/)
})

test('what is denied says why, in kubectl\'s own words and above it', async () => {
  await type('POD=$(kubectl get pods -o name | head -1); kubectl delete $POD --wait=false; echo "ended $?"')
  await expect(held()).toContainText('Waiting for approval')
  await otto.page.getByRole('link', { name: 'Approvals' }).first().click()
  await otto.page.getByRole('link', { name: /^delete pods\/\S+ in shop/ }).click()
  await otto.page.getByRole('button', { name: /^Deny/ }).click()
  await otto.page.getByRole('dialog').getByRole('textbox').first().fill('not during the sale')
  await otto.page.getByRole('dialog').getByRole('button', { name: /^Deny/ }).click()
  await expect(held()).toContainText('not during the sale')
  await expect.poll(() => text(eli.page)).toMatch(/\nended 1/)
})

test('the resources beside it are those of the cluster, and follow it', async () => {
  await eli.page.getByRole('tab', { name: 'Resources' }).click()
  await eli.page.getByRole('button', { name: 'Deployments' }).click()
  await expect(eli.page.getByRole('grid', { name: 'Deployments' }).getByRole('row').nth(1)).toBeVisible()
  await eli.page.getByRole('button', { name: 'Secrets' }).click()
  await eli.page.getByRole('grid', { name: 'Secrets' }).getByRole('row').nth(1).click()
  await expect(eli.page.getByRole('region', { name: 'YAML' })).toContainText(Buffer.from('[masked]').toString('base64'))
  await eli.page.getByRole('button', { name: 'Pods' }).click()
  await eli.page.getByRole('grid', { name: 'Pods' }).getByRole('row', { name: /Running/ }).first().click()
  await eli.page.getByText('Logs', { exact: true }).click()
  await expect(eli.page.getByRole('log').locator('code').first()).toBeVisible()
})

test('exec waits, then is a terminal; its recording plays, masked', async () => {
  await eli.page.getByRole('tab', { name: 'Terminal 1' }).click()
  await type('POD=$(kubectl get pods -o name --field-selector=status.phase=Running | head -1); kubectl exec -it $POD -- sh')
  await expect(held()).toContainText('Waiting for approval')
  await otto.page.getByRole('link', { name: 'Approvals' }).first().click()
  await otto.page.getByRole('link', { name: /^exec pods\/\S+ in shop: sh/ }).click()
  await expect(otto.page.getByLabel('argv')).toContainText('sh')
  await otto.page.getByRole('button', { name: /^Approve/ }).click()
  const dialog = otto.page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: /^Type cluster to approve/ }).fill('cluster')
  await dialog.getByRole('button', { name: 'Approve', exact: true }).click()
  await expect(held()).toContainText('Approved by')
  await expect.poll(async () => (await text(eli.page)).trimEnd()).toMatch(/[$#]$/)
  await eli.page.keyboard.type('echo recorded-$((40 + 2))\n')
  await eli.page.keyboard.type('exit\n')
  await eli.page.getByRole('link', { name: 'Sessions' }).first().click()
  await eli.page.getByRole('link', { name: /^Session of .* on cluster/ }).first().click()
  await expect(eli.page.getByRole('region', { name: 'Terminal recording' })).toBeVisible()
  await expect(screen()).toContainText('echo recorded-')
})
