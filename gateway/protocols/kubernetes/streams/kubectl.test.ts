// Real kubectl, the oldest and the newest of this machine, over SPDY and WebSocket, through the relay to programs of this machine.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createScanner } from '../../../masking/scanner.ts'
import { kubectlHome, someKubectls, tokenKubeconfig, type Kubectl, type KubectlHome, type RunningKubectl } from '../../../testing/kubectl.ts'
import { observed, type Observed } from './testing/observed.ts'
import { startDoor, startPodApi, type PodApi } from './testing/pod-api.ts'
import type { Relay } from './types.ts'

const scanner = createScanner(['aws-access-key'])
const secret = 'AKIAIOSFODNN7EXAMPLE'
/** From here kubectl speaks WebSocket where it is told to. */
const webSocketMinor = 29

const variants = (await someKubectls()).flatMap((kubectl) => (kubectl.minor >= webSocketMinor ? [true, false] : [false]).map((isWebSocket) => ({ kubectl, isWebSocket })))

let api: PodApi
beforeAll(async () => { api = await startPodApi() })
afterAll(() => api.stop())

interface World { readonly home: KubectlHome; readonly observe: Observed; readonly relays: Relay[]; readonly env: Record<string, string>; [Symbol.asyncDispose](): Promise<void> }

async function world(kubectl: Kubectl, isWebSocket: boolean, { isMasked = false }: { readonly isMasked?: boolean } = {}): Promise<World> {
  const observe = observed()
  const relays: Relay[] = []
  const masks = isMasked ? { clientScanner: scanner, recordScanner: scanner } : {}
  const door = await startDoor({ api, observe, ...masks, onRelay: (relay) => relays.push(relay), objectionToPort: (port) => (port === 5432 ? 'denied by rule never (policy shop)' : null) })
  const home = kubectlHome(kubectl, tokenKubeconfig({ server: door.url, ca: door.ca.cert, token: 't' }))
  const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: String(isWebSocket), KUBECTL_PORT_FORWARD_WEBSOCKETS: String(isWebSocket) }
  return {
    home, observe, relays, env,
    async [Symbol.asyncDispose]() {
      await home.dispose()
      await door.stop()
    },
  }
}

test('there is a kubectl to test with', () => expect(variants.length).toBeGreaterThan(0))

describe.each(variants.map((variant) => [`${variant.kubectl.version} over ${variant.isWebSocket ? 'WebSocket' : 'SPDY'}`, variant] as const))('kubectl %s', (_name, { kubectl, isWebSocket }) => {
  const start = (options?: { readonly isMasked?: boolean }) => world(kubectl, isWebSocket, options)

  test('exec: output, errors, exit status', async () => {
    await using all = await start()
    expect(await all.home.run(['exec', 'web', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3'], { env: all.env })).toMatchObject({ code: 3, stdout: 'out\n', stderr: expect.stringMatching(/^err\ncommand terminated with exit code 3/) as string })
    expect(all.observe.exits).toMatchObject([{ code: 3 }])
    expect([all.observe.text('stdout'), all.observe.text('stderr')]).toEqual(['out\n', 'err\n'])
  })

  test('exec -i: a megabyte up and down, and the end of stdin', async () => {
    await using all = await start()
    const input = randomBytes(750_000).toString('base64')
    const { code, stdout } = await all.home.run(['exec', '-i', 'web', '--', 'cat'], { env: all.env, input })
    expect([code, stdout === input, all.observe.text('stdin') === input, all.observe.counted]).toEqual([0, true, true, { in: 1_000_000, out: 1_000_000 }])
  })

  test('exec -it: a terminal, with its size', async () => {
    await using all = await start({ isMasked: true })
    const { code, stdout } = await all.home.run(['exec', '-it', 'web', '--', 'sh', '-c', `echo ${secret} | tee /dev/null; tty >/dev/null && echo a terminal; exit 4`], { env: all.env, tty: true })
    expect(stdout).toContain('[masked:aws-access-key]\r\na terminal\r\n')
    expect([code, stdout.includes(secret)]).toEqual([4, false])
    expect(all.observe.sizes[0]).toEqual({ width: 80, height: 24 })
  })

  test('exec: a finding in two halves is masked', async () => {
    await using all = await start({ isMasked: true })
    const { stdout } = await all.home.run(['exec', 'web', '--', 'sh', '-c', `printf 'key ${secret.slice(0, 8)}'; sleep 0.1; echo '${secret.slice(8)}'`], { env: all.env })
    expect(stdout).toBe('key [masked:aws-access-key]\n')
    expect(all.observe.text('stdout')).toBe('key [masked:aws-access-key]\n')
  })

  test('cp there and back', async () => {
    await using all = await start()
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cp-'))
    try {
      const file = randomBytes(2_000_000)
      writeFileSync(join(folder, 'here'), file)
      expect(await all.home.run(['cp', join(folder, 'here'), `web:${join(folder, 'there')}`], { env: all.env })).toMatchObject({ code: 0, stderr: '' })
      expect(await all.home.run(['cp', `web:${join(folder, 'there')}`, join(folder, 'back')], { env: all.env })).toMatchObject({ code: 0 })
      expect(readFileSync(join(folder, 'back')).equals(file)).toBe(true)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('attach: what is typed comes back', async () => {
    await using all = await start()
    const { stdout } = await all.home.run(['attach', '-i', 'web'], { env: all.env, input: 'hello\n' })
    expect(stdout).toContain('hello\n')
  })

  test('port-forward: several connections at once, counted by port', async () => {
    await using all = await start()
    const run = all.home.start(['port-forward', 'web', ':8080'], { env: all.env })
    const [port] = await portsOf(run, 1)
    expect(await Promise.all([get(port!), get(port!), get(port!)])).toEqual(Array(3).fill('the pod web\nGET /x HTTP/1.1\n'))
    await expect.poll(() => all.observe.connections).toHaveLength(3)
    for (const connection of all.observe.connections) expect(connection).toMatchObject({ port: 8080, isRefused: false, bytesOut: expect.any(Number) as number })
  })

  test('port-forward to a port that policy denies: kubectl says why', async () => {
    await using all = await start()
    const run = all.home.start(['port-forward', 'web', ':5432'], { env: all.env })
    const [port] = await portsOf(run, 1)
    expect(await get(port!)).toMatch(/hang up|ECONNRESET/)
    await expect.poll(() => run.stderr).toContain('port 5432 was not forwarded: denied by rule never (policy shop)')
    expect(all.observe.connections[0]).toMatchObject({ port: 5432, isRefused: true, bytesIn: 0 })
  })

  test.each([['exec', ['exec', 'web', '--', 'sh', '-c', 'echo started; sleep 60']], ['exec -it', ['exec', '-it', 'web', '--', 'sh', '-c', 'echo started; sleep 60']]] as const)('%s is closed: kubectl ends within a second and says why', async (_what, args) => {
    await using all = await start()
    const run = all.home.start(args, { env: all.env, tty: args[1] === '-it' })
    await expect.poll(() => run.stdout, { timeout: 10_000 }).toContain('started')
    const begin = performance.now()
    all.relays[0]!.close('the token has expired; sign in again')
    const { code, stdout, stderr } = await run.ended
    expect(performance.now() - begin).toBeLessThan(1_000)
    expect(code).not.toBe(0)
    expect(stdout + stderr).toContain('the token has expired; sign in again')
  })
})

async function portsOf(run: RunningKubectl, count: number): Promise<number[]> {
  const ports = () => [...run.stdout.matchAll(/127\.0\.0\.1:(\d+) ->/g)].map(([, port]) => Number(port))
  await expect.poll(() => ports().length, { timeout: 10_000 }).toBe(count)
  return ports()
}

function get(port: number): Promise<string> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/x', agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('end', () => resolve(text)).on('error', () => resolve(text))
    })
    asked.on('error', (error) => resolve(String(error))).end()
  })
}
