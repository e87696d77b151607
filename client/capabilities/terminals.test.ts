import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { kubeconfigText } from '../session-proxy/kubeconfig.ts'
import { terminalUnseenBytesMax } from '../limits.ts'
import type { Pty } from './terminals/terminal.ts'
import { createTerminals, type Terminals, type TerminalsOptions } from './terminals.ts'

let folder: string
let terminals: Terminals
let events: { readonly name: string; readonly event: Record<string, unknown> }[]
let closed: string[]

const kubeconfigs = () => (existsSync(join(folder, 'kubeconfigs')) ? readdirSync(join(folder, 'kubeconfigs')) : [])

const options = (more: Partial<TerminalsOptions> = {}): TerminalsOptions => ({
  openListener: (connection) => Promise.resolve({ url: 'https://127.0.0.1:1', caPem: 'PEM', secret: 'listener-secret', close: () => { closed.push(connection); return Promise.resolve() } }),
  kubeconfig: ({ connection, listener, namespace }) => kubeconfigText({ connection, server: listener.url, caPem: listener.caPem, user: { kind: 'secret', secret: listener.secret }, namespace }),
  folder, version: '1', emit: (name, event) => events.push({ name, event: { ...event } }),
  env: { PATH: process.env['PATH'], HOME: folder, SHELL: '/bin/bash', GATEHOUSE_TOKEN: 'gh_secret' }, ...more,
})

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-terminals-'))
  events = []
  closed = []
  terminals = createTerminals(options())
})

afterEach(async () => {
  await terminals.dispose()
  rmSync(folder, { recursive: true })
})

async function until(holds: () => boolean, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; !holds(); await sleep(5)) if (Date.now() > end) throw new Error(`it did not happen in time; output: ${screen().slice(-2_000)}`)
}

const named = (name: string) => events.filter((each) => each.name === name).map(({ event }) => event)
const screen = () => Buffer.concat(named('terminal.output').map(({ base64 }) => Buffer.from(String(base64), 'base64'))).toString('utf8')
const type = (terminal: string, text: string) => terminals.write({ terminal, base64: Buffer.from(text).toString('base64') })
const open = (more: { readonly namespace?: string } = {}) => terminals.open({ terminal: randomUUID(), connection: 'prod', cols: 90, rows: 20, namespace: more.namespace ?? null, page: 'p1' })

test('runs the login shell at its size, with a kubeconfig that only it has', async () => {
  const { terminal, shell } = await open({ namespace: 'shop-web' })
  expect(shell).toBe('bash')
  type(terminal, 'stty size; echo "$TERM|${GATEHOUSE_TOKEN:-none}|$PWD"; stat -c %a "$KUBECONFIG"; grep namespace "$KUBECONFIG"\r')
  await until(() => screen().includes('namespace: shop-web'))
  expect(screen()).toContain('20 90')
  expect(screen()).toMatch(/xterm-256color\|none\|\//)
  expect(screen()).toContain('600')
  terminals.resize({ terminal, cols: 120, rows: 33 })
  type(terminal, 'stty size\r')
  await until(() => screen().includes('33 120'))
})

test('reads the user\'s login files, and completes kubectl where bash can, without a change to them', async () => {
  writeFileSync(join(folder, '.bash_profile'), 'export FROM_PROFILE=yes\n')
  const { terminal } = await open()
  type(terminal, 'echo "profile=$FROM_PROFILE"; complete -p kubectl 2>&1 | head -1\r')
  await until(() => screen().includes('profile=yes'))
  expect(readFileSync(join(folder, '.bash_profile'), 'utf8')).toBe('export FROM_PROFILE=yes\n')
})

test('says whether the shell finds kubectl', async () => {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'kubectl'), '#!/bin/sh\n')
  chmodSync(join(bin, 'kubectl'), 0o755)
  writeFileSync(join(folder, '.bash_profile'), `echo noise from a start file\nPATH=${bin}${delimiter}/usr/bin:/bin\n`)
  expect((await open()).kubectl).toBe('looking')
  await until(() => named('terminal.changed').length > 0)
  expect(named('terminal.changed')[0]).toMatchObject({ kubectl: 'found' })
})

test('a missing kubectl is said', async () => {
  writeFileSync(join(folder, '.bash_profile'), 'PATH=/nowhere\n')
  terminals = createTerminals(options({ env: { PATH: '/nowhere', HOME: folder, SHELL: '/bin/bash' } }))
  await open()
  await until(() => named('terminal.changed').length > 0)
  expect(named('terminal.changed')[0]).toMatchObject({ kubectl: 'missing' })
})

test('`yes` fills a bounded amount and waits for the page; the terminal answers again after', async () => {
  const { terminal } = await open()
  type(terminal, 'yes\r')
  await until(() => screen().length >= terminalUnseenBytesMax / 2)
  await sleep(300)
  const waiting = named('terminal.output').reduce((sum, { base64 }) => sum + Buffer.from(String(base64), 'base64').length, 0)
  // Beyond the mark lies only what had been read when the pty was paused.
  expect(waiting).toBeLessThan(terminalUnseenBytesMax + 256 * 1024)
  let seen = 0
  const drain = () => {
    const all = named('terminal.output').reduce((sum, { base64 }) => sum + Buffer.from(String(base64), 'base64').length, 0)
    if (all > seen) terminals.acknowledge({ terminal, bytes: all - seen })
    seen = all
  }
  type(terminal, '\u0003')
  type(terminal, 'echo still-$((40 + 2))\r')
  await until(() => { drain(); return screen().includes('still-42') })
})

test('the kubeconfig is 0600 and goes with its terminal, and so does the listener', async () => {
  const { terminal } = await open()
  const [file] = kubeconfigs()
  expect(statSync(join(folder, 'kubeconfigs', file!)).mode & 0o777).toBe(0o600)
  await terminals.close({ terminal })
  expect(kubeconfigs()).toEqual([])
  expect(closed).toEqual(['prod'])
  expect(terminals.list()).toEqual([])
})

test('the end of the shell is told, and takes the kubeconfig with it', async () => {
  const { terminal } = await open()
  type(terminal, 'exit 3\r')
  await until(() => named('terminal.exit').length > 0)
  expect(named('terminal.exit')).toEqual([{ terminal, code: 3, reason: 'the shell ended with code 3' }])
  await until(() => kubeconfigs().length === 0)
  expect(() => type(terminal, 'x')).toThrow('this terminal was closed')
})

test('a sign-out ends all terminals, also one that is being opened', async () => {
  await open()
  const slow = expect(open()).rejects.toMatchObject({ code: 'not_signed_in' })
  await terminals.reset()
  await slow
  expect(kubeconfigs()).toEqual([])
  expect(closed).toHaveLength(2)
})

test('what a killed app left is removed at the start; what another app uses is not', async () => {
  const left = join(folder, 'kubeconfigs')
  mkdirSync(left, { recursive: true })
  // No process has this number: it is beyond every pid_max.
  writeFileSync(join(left, '99999999-dead.kubeconfig.yaml'), 'secret')
  writeFileSync(join(left, '99999999-dead.kubeconfig.yaml.0a1b2c3d4e5f'), 'half written')
  writeFileSync(join(left, `${process.ppid}-alive.kubeconfig.yaml`), 'secret')
  writeFileSync(join(left, 'notes.txt'), 'mine')
  terminals = createTerminals(options())
  await until(() => !kubeconfigs().some((name) => name.startsWith('99999999-')))
  await open()
  expect(kubeconfigs().filter((name) => !name.startsWith(`${process.pid}-`)).sort()).toEqual([`${process.ppid}-alive.kubeconfig.yaml`, 'notes.txt'].sort())
})

test('the namespace is written to the tab\'s kubeconfig, and followed when a command changes it there', async () => {
  const { terminal } = await open()
  expect(await terminals.namespace({ terminal, namespace: 'shop-web' })).toMatchObject({ namespace: 'shop-web' })
  type(terminal, 'sed -i "s/namespace: shop-web/namespace: kube-system/" "$KUBECONFIG"\r')
  await until(() => terminals.list()[0]?.namespace === 'kube-system')
  type(terminal, 'echo nonsense > "$KUBECONFIG"\r')
  await until(() => terminals.list()[0]?.namespace === null)
})

test('a reason is asked at each request, and ends with the terminal', async () => {
  let reason: () => string | null = () => 'not asked'
  terminals = createTerminals(options({ openListener: (connection, asked) => { reason = asked; return options().openListener(connection, asked) } }))
  const { terminal } = await open()
  expect(reason()).toBeNull()
  expect(terminals.reason({ terminal, reason: 'INC-42' })).toMatchObject({ reason: 'INC-42' })
  expect([reason(), named('terminal.changed').at(-1)?.['reason']]).toEqual(['INC-42', 'INC-42'])
  await terminals.close({ terminal })
  expect(reason()).toBeNull()
})

test('a shell that does not hang up is killed', async () => {
  const kills: string[] = []
  let exit: (how: { exitCode: number; signal: number }) => void = () => undefined
  const stubborn: Pty = {
    pid: 1, onData: () => undefined, onExit: (listener) => { exit = listener }, write: () => undefined, resize: () => undefined, pause: () => undefined, resume: () => undefined,
    kill(signal) {
      kills.push(signal)
      if (signal === 'SIGKILL') exit({ exitCode: 0, signal: 9 })
    },
  }
  terminals = createTerminals(options({ start: () => Promise.resolve(stubborn) }))
  const { terminal } = await open()
  await terminals.close({ terminal })
  expect(kills).toEqual(['SIGHUP', 'SIGKILL'])
})

test('a shell that cannot be started leaves nothing behind', async () => {
  terminals = createTerminals(options({ start: () => Promise.reject(new Error('no build for this machine\nand a page of text')) }))
  await expect(open()).rejects.toThrow('the shell /bin/bash cannot be started here: no build for this machine; SHELL names it')
  expect(kubeconfigs()).toEqual([])
  expect(closed).toEqual(['prod'])
})
