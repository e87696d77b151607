// login, logout, whoami, connect, sql and sessions as people run them: the launcher against a fake gateway.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { complete, createFakePostgres, dataRow, error, notice, rowDescription, type FakePostgres, type Script } from '../../client/testing/fake-postgres.ts'
import { startFakeGateway, type FakeGateway } from '../../client/testing/fake-gateway.ts'
import { testJwt } from '../../client/testing/signed-in.ts'

const launcher = join(import.meta.dirname, '../../bin/gatehouse')
let folder: string
let gateway: FakeGateway
let postgres: FakePostgres
let script: Script
let env: NodeJS.ProcessEnv
const children: ChildProcess[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-cli-'))
  script = () => [rowDescription(['id', 23], ['email', 25]), dataRow('1', 'a@b'), complete('SELECT 1')]
  postgres = createFakePostgres((text, session) => script(text, session))
  gateway = await startFakeGateway({ serve: postgres.serve })
  gateway.tokens.set('gh_env', { subject: 'ana', expiresAt: Date.now() + 60_000 })
  const { PATH, HOME } = process.env
  env = { PATH, HOME, XDG_CONFIG_HOME: folder, GATEHOUSE_URL: gateway.url, GATEHOUSE_CA: gateway.ca, GATEHOUSE_TOKEN: 'gh_env' }
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await gateway.close()
  rmSync(folder, { recursive: true })
})

interface Outcome { readonly code: number; readonly stdout: string; readonly stderr: string }
const run = (...words: readonly string[]) => new Promise<Outcome>((resolve) => {
  execFile(process.execPath, [launcher, ...words], { env, timeout: 20_000, maxBuffer: 64 * 1024 * 1024 }, (failure, stdout, stderr) => {
    resolve({ code: failure === null ? 0 : typeof failure.code === 'number' ? failure.code : -1, stdout, stderr })
  })
})

test('whoami says who the gateway takes the caller for', async () => {
  expect((await run('whoami')).stdout).toContain('ana@example.com\n  id       corp:ana (human)\n  groups   analysts\n')
  expect(JSON.parse((await run('whoami', '--json')).stdout)).toMatchObject({ gateway: gateway.url, principal: { id: 'corp:ana' } })
})

test('a JWT of the environment is exchanged and kept nowhere', async () => {
  env['GATEHOUSE_TOKEN'] = testJwt()
  gateway.tokens.set(env['GATEHOUSE_TOKEN'], { subject: 'ci', expiresAt: Date.now() + 60_000 })
  expect((await run('whoami')).stdout).toContain('corp:ci')
  expect(gateway.exchanges).toBe(1)
  expect(existsSync(join(folder, 'gatehouse', 'logins.json'))).toBe(false)
})

test('one line on stderr and a non-zero exit for what goes wrong', async () => {
  const failures: readonly [Partial<NodeJS.ProcessEnv>, RegExp][] = [
    [{ GATEHOUSE_TOKEN: 'gh_wrong' }, /^gatehouse: refused: token_invalid\n$/],
    [{ GATEHOUSE_TOKEN: '' }, /^gatehouse: nobody is signed in to https:.*gatehouse login\)\n$/],
    [{ GATEHOUSE_CA: '' }, /^gatehouse: the certificate of .* is not trusted .*GATEHOUSE_CA.*\n$/],
    [{ GATEHOUSE_URL: 'https://127.0.0.1:9' }, /^gatehouse: the gateway .* does not answer \(ECONNREFUSED\).*\n$/],
    [{ GATEHOUSE_URL: 'http://127.0.0.1:9' }, /^gatehouse: ".*" is not a gateway's address.*\n$/],
    [{ GATEHOUSE_URL: '' }, /^gatehouse: no gateway is chosen.*\n$/],
  ]
  const before = env
  for (const [change, message] of failures) {
    env = { ...before, ...change }
    const { code, stdout, stderr } = await run('whoami')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(message)
  }
})

test('sql prints results on stdout and names masked columns on stderr', async () => {
  const detail = JSON.stringify([{ index: 1, name: 'email', policy: 'shop', rule: 'pii', as: 'redact', why: 'personal' }])
  script = () => [notice({ C: '01G01', M: 'x', D: detail }), rowDescription(['id', 23], ['email', 25]), dataRow('1', '[masked]'), complete('SELECT 1')]
  const shown = await run('sql', 'shop', '-c', 'select * from customers')
  expect(shown).toEqual({ code: 0, stdout: 'id  email *\n──  ────────\n 1  [masked]\n(1 row)\n', stderr: '* email is masked (redact) by rule pii (policy shop): personal\n' })
  expect(JSON.parse((await run('sql', 'shop', '--format', 'json', '-c', 'select 1')).stdout)).toEqual([{ id: 1, email: '[masked]' }])
  expect((await run('sql', 'shop', '--format', 'csv', '-c', 'select 1')).stdout).toBe('id,email\r\n1,[masked]\r\n')
})

test('sql stops at the first refusal and exits at once', async () => {
  script = () => [error({ C: '42501', M: 'denied by rule never (policy shop): drop is not allowed' })]
  const startedAt = Date.now()
  expect(await run('sql', 'shop', '-c', 'drop table a; drop table b')).toEqual({ code: 1, stdout: '', stderr: 'gatehouse: 42501 denied by rule never (policy shop): drop is not allowed\n' })
  expect(postgres.sessions[0]!.queries).toEqual(['drop table a'])
  expect(Date.now() - startedAt).toBeLessThan(30_000)
})

test('sql ends quietly when its reader leaves, and a failure in the middle leaves no whole JSON behind', async () => {
  script = async (_, { stream }) => {
    stream.setMaxListeners(0).write(rowDescription(['t', 25]))
    for (let sent = 0; sent < 20_000 && !stream.destroyed; sent++) if (!stream.write(dataRow('x'.repeat(500)))) await new Promise<void>((resolve) => { stream.once('drain', resolve).once('close', resolve) })
    return [error({ C: '54000', M: 'the result has more than 20000 rows, the limit of your access' })]
  }
  const child = spawn('sh', ['-c', `"$0" "${launcher}" sql shop --format csv -c 'select 1' | head -n 2`, process.execPath], { env })
  children.push(child)
  let [out, errors] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString() })
  await new Promise((resolve) => { child.once('close', resolve) })
  expect(out.split('\r\n')).toHaveLength(3)
  expect(errors).not.toMatch(/EPIPE|at .*\.ts/)
  const cut = await run('sql', 'shop', '--format', 'json', '-c', 'select 1')
  expect(cut.code).toBe(1)
  expect(cut.stderr).toContain('54000')
  expect(() => JSON.parse(cut.stdout) as unknown).toThrow()
})

test('Ctrl-C cancels what runs', async () => {
  script = async (_, session) => {
    await session.cancelled
    return [error({ C: '57014', M: 'canceling statement due to user request' })]
  }
  const child = spawn(process.execPath, [launcher, 'sql', 'shop', '-c', 'select pg_sleep(100)'], { env })
  children.push(child)
  await expect.poll(() => postgres.sessions[0]?.queries.length, { timeout: 10_000 }).toBe(1)
  child.kill('SIGINT')
  expect(await new Promise((resolve) => { child.once('exit', resolve) })).toBe(1)
})

test('connect prints a command without a secret, serves with its passfile, and cleans up', async () => {
  const child = spawn(process.execPath, [launcher, 'connect', 'shop', '--json'], { env })
  children.push(child)
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString() })
  await expect.poll(() => out.endsWith('}\n'), { timeout: 10_000 }).toBe(true)
  const { host, port, passfile, command } = JSON.parse(out) as { host: string; port: number; passfile: string; command: string }
  const secret = readFileSync(passfile, 'utf8').trim().split(':').at(-1)!
  expect(command).not.toContain(secret)
  const client = new Client({ host, port, user: 'me', password: secret, database: 'shop', ssl: false })
  await client.connect()
  expect((await client.query('select 1')).rows).toHaveLength(1)
  await client.end()
  child.kill('SIGTERM')
  expect(await new Promise((resolve) => { child.once('exit', resolve) })).toBe(0)
  expect(existsSync(passfile)).toBe(false)
})

test('connect knows which connections there are', async () => {
  expect(await run('connect', 'nope')).toMatchObject({ code: 1, stderr: 'gatehouse: there is no connection "nope" for you; yours are shop\n' })
})

test('connections lists them with the way to each', async () => {
  expect((await run('connections')).stdout).toMatch(/^connection +kind +labels +with\n[\s\S]*shop +postgres .*gatehouse sql shop/)
  expect(JSON.parse((await run('connections', '--json')).stdout)).toMatchObject([{ name: 'shop', kind: 'postgres' }])
})

test('login refuses to be without effect, and logout says that nobody was there', async () => {
  expect((await run('login')).stderr).toContain('GATEHOUSE_TOKEN is set')
  env['GATEHOUSE_TOKEN'] = ''
  expect(await run('logout')).toMatchObject({ code: 0, stdout: `nobody was signed in to ${gateway.url}\n` })
  expect((await run('login')).stderr).toContain('has no sign-in provider for people')
})

test('sessions list is a table, or an array', async () => {
  expect((await run('sessions', 'list')).stdout).toMatch(/^session\s+opened/)
  expect(JSON.parse((await run('sessions', 'list', '--json')).stdout)).toEqual([])
})

test('sessions verify needs no gateway where the data lies, and says when there is none', async () => {
  env['GATEHOUSE_URL'] = 'https://127.0.0.1:9'
  expect(await run('sessions', 'verify', '--data', folder)).toMatchObject({ code: 1, stderr: expect.stringContaining('there are no recordings in') as string })
  expect((await run('sessions', 'verify')).stderr).toContain('name a session')
})

test('every command has help', async () => {
  for (const words of [['login'], ['logout'], ['whoami'], ['connect'], ['sql'], ['sessions'], ['sessions', 'verify']]) {
    expect(await run(...words, '--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: gatehouse') as string })
  }
})
