// What the specs know of the running demo, and the few things every story does.
import { execFile, spawnSync } from 'node:child_process'
import { expect, type Page } from '@playwright/test'

export interface DemoUser { readonly name: string; readonly password: string; readonly groups: readonly string[]; readonly token: string }

export interface DemoReady {
  readonly ready: true
  readonly api: string
  readonly ca: string
  /** `host:port` of the native listener. */
  readonly postgres: string
  readonly app: string
  readonly users: readonly DemoUser[]
}

export const demo = (): DemoReady => JSON.parse(process.env['GATEHOUSE_E2E'] ?? '{}') as DemoReady

export function userIn(group: string): DemoUser {
  const user = demo().users.find(({ groups }) => groups.includes(group))
  if (user === undefined) throw new Error(`the demo has no user in ${group}`)
  return user
}

/** Said by `npm test` where it is missing and may not be installed. */
export const hasPsql = spawnSync('psql', ['--version']).status === 0

export interface Ran { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs a program to its end; a non-zero code is an answer, not an error. */
export function run(program: string, args: readonly string[], options: { readonly env?: Record<string, string>; readonly input?: string } = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(program, [...args], { env: { ...process.env, ...options.env }, timeout: 60_000, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr })
    })
    child.stdin?.end(options.input ?? '')
  })
}

export function psql(user: DemoUser, args: readonly string[], input?: string): Promise<Ran> {
  const [host, port] = demo().postgres.split(':') as [string, string]
  return run('psql', [`host=${host} port=${port} dbname=shop user=${user.name} sslmode=verify-full sslrootcert=${demo().ca}`, '-X', '-v', 'ON_ERROR_STOP=1', ...args],
    { env: { PGPASSWORD: user.token }, ...(input !== undefined && { input }) })
}

/** Signs in as `user` on the provider's own page, in a second tab as a person's browser would, and comes back to the app. */
export async function signIn(page: Page, person: RegExp): Promise<void> {
  await page.getByRole('button', { name: /^sign in with/i }).click()
  const url = await page.getByRole('link', { name: /open/i }).first().getAttribute('href')
  const provider = await page.context().newPage()
  await provider.goto(url!)
  await provider.getByRole('button', { name: person }).click()
  await expect(provider.getByText(/close this/i)).toBeVisible()
  await provider.close()
  await page.bringToFront()
  await page.getByRole('link', { name: 'Connections' }).first().click()
  await expect(page.getByRole('heading', { name: 'Connections' })).toBeVisible()
}
