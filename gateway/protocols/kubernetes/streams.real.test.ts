// exec, cp and port-forward of real kubectl through a whole gateway to the demo's cluster: masked, recorded, judged by port, ended.
import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asciicast } from '../../recording/asciicast.ts'
import { createReader } from '../../recording/reader.ts'
import { commandsIn } from '../../recording/testing/commands.ts'
import { startClusterGateway, type ClusterGateway } from '../../testing/cluster-gateway.ts'
import { kubectlHome, newestKubectl, type KubectlHome, type RunningKubectl } from '../../testing/kubectl.ts'
import type { Frame } from '../../../shared/recording.ts'

const policy = `
policy: cluster
connections: [cluster]
rules:
  - { id: look, who: { groups: [engineers] }, allow: { kubernetes: [get, list], resources: [pods] } }
  - { id: terminals, who: { groups: [engineers] }, allow: { kubernetes: [exec], resources: [pods/exec] } }
  - { id: web, who: { groups: [engineers] }, allow: { kubernetes: [portforward], resources: [pods/portforward] }, when: "!has(facts.ports) || facts.ports.all(p, p == 8080)" }
masks:
  - { id: keys, detect: [aws-access-key], as: redact }
`
const key = 'AKIAIOSFODNN7EXAMPLE'
const kubectl = await newestKubectl()

let world: ClusterGateway
let pod: string
beforeAll(async () => {
  world = await startClusterGateway({ policies: { cluster: policy } })
  await using home = await homeOf('finder')
  const { stdout, stderr } = await home.run(['get', 'pods', '-o', 'name'])
  pod = stdout.split('\n').find((name) => name.startsWith('pod/api-'))?.slice('pod/'.length) ?? stderr
})
afterAll(() => world?.stop())

async function homeOf(sub: string, expiresInSeconds = 600): Promise<KubectlHome & AsyncDisposable> {
  const home = kubectlHome(kubectl, await world.kubeconfig({ sub, groups: ['engineers'], email: `${sub}@example.com`, namespace: 'shop', expiresInSeconds }))
  return { ...home, [Symbol.asyncDispose]: () => home.dispose() }
}

describe.each([['WebSocket', 'true'], ['SPDY', 'false']] as const)('over %s', (_name, isWebSocket) => {
  const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: isWebSocket, KUBECTL_PORT_FORWARD_WEBSOCKETS: isWebSocket }

  test('a terminal is masked on the screen, and its recording plays as asciicast', async () => {
    await using home = await homeOf('eli')
    const said = `it is ${isWebSocket}`
    const { code, stdout } = await home.run(['exec', '-it', pod, '-c', 'api', '--', 'sh', '-c', `echo ${key} ${said}; exit 3`], { env, tty: true })
    expect(stdout).toContain(`[masked:aws-access-key] ${said}\r\n`)
    expect(code).toBe(3)
    const lines = await castOf(said)
    expect(lines[0]).toMatchObject({ version: 3, term: { cols: 80, rows: 24 }, title: `/api/v1/namespaces/shop/pods/${pod}/exec` })
    expect(lines.flatMap((line) => (Array.isArray(line) && line[1] === 'o' ? [line[2] as string] : [])).join('')).toContain(`[masked:aws-access-key] ${said}\r\n`)
    expect(lines.at(-1)).toEqual([expect.any(Number), 'x', '3'])
    // The command itself stands in the header as the record has it.
    expect(JSON.stringify(lines)).not.toContain(key)
  })

  test('cp brings a file back; one that holds a finding ends with the reason', async () => {
    await using home = await homeOf('eli')
    const copied = async (text: string) => {
      writeFileSync(join(home.folder, 'in'), text)
      expect(await home.run(['cp', '-c', 'api', join(home.folder, 'in'), `${pod}:/tmp/there`], { env })).toMatchObject({ code: 0 })
      return home.run(['cp', '-c', 'api', `${pod}:/tmp/there`, join(home.folder, 'back')], { env })
    }
    expect(await copied('hello\n'.repeat(30_000))).toMatchObject({ code: 0 })
    expect(readFileSync(join(home.folder, 'back'), 'utf8')).toBe('hello\n'.repeat(30_000))
    const { code, stderr } = await copied(`the key is ${key}\n`)
    expect(code).not.toBe(0)
    expect(stderr).toContain('policy masks')
  })

  test('port-forward: policy judges the port that a stream names', async () => {
    await using home = await homeOf('eli')
    const web = home.start(['port-forward', pod, ':8080'], { env })
    expect(await get(await portOf(web))).toContain(`port 8080 of ${pod}`)
    const other = home.start(['port-forward', pod, ':5432'], { env })
    expect(await get(await portOf(other))).toMatch(/hang up|ECONNRESET/)
    await expect.poll(() => other.stderr).toMatch(/port 5432 was not forwarded: .*no rule allows/)
  })

  test('a token that ends, ends its terminal within a second or two, and kubectl says why', async () => {
    await using home = await homeOf(`brief-${isWebSocket}`, 4)
    const begin = Date.now()
    const run = home.start(['exec', pod, '-c', 'api', '--', 'sh', '-c', 'echo begun; sleep 60'], { env })
    const { code, stdout, stderr } = await run.ended
    expect(Date.now() - begin).toBeLessThan(8_000)
    expect(stdout).toContain('begun')
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/error: .*(token|expired|session)/)
  })

  test('a policy that no longer allows it ends a terminal', async () => {
    await using home = await homeOf('eli')
    const run = home.start(['exec', pod, '-c', 'api', '--', 'sh', '-c', 'echo begun; sleep 60'], { env })
    await expect.poll(() => run.stdout, { timeout: 10_000 }).toContain('begun')
    world.writePolicy('cluster', policy.replace('id: terminals, who: { groups: [engineers] }', 'id: terminals, who: { groups: [others] }'))
    const { code, stderr } = await run.ended
    world.writePolicy('cluster', policy)
    expect(code).not.toBe(0)
    expect(stderr).toContain('no rule allows')
    await expect.poll(async () => (await home.run(['exec', pod, '-c', 'api', '--', 'echo', 'again'], { env })).stdout, { timeout: 20_000, interval: 500 }).toBe('again\n')
  })
})

/** The recording whose command says `part`. */
async function castOf(part: string): Promise<unknown[]> {
  const dir = join(world.folder, 'data', 'recordings')
  const found = async () => (await commandsIn(dir)).find(({ text }) => decodeURIComponent(text.replaceAll('+', ' ')).includes(part))?.session
  await expect.poll(found).toBeDefined()
  const session = (await found())!
  const lines: unknown[] = []
  for await (const line of asciicast(session, framesOf(dir, session))) lines.push(JSON.parse(line))
  return lines
}

async function* framesOf(dir: string, session: string): AsyncGenerator<Frame> {
  yield* (await createReader({ dir }).frames(session, { after: -1, limit: 10_000 })).frames
}

async function portOf(run: RunningKubectl): Promise<number> {
  const port = () => /127\.0\.0\.1:(\d+) ->/.exec(run.stdout)?.[1]
  await expect.poll(port, { timeout: 10_000 }).toBeDefined()
  return Number(port())
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
