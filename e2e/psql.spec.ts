// Unmodified psql through the gateway's own listener: what people type all day, and what must not come back.
import { mkdtempSync, readFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { demo, hasPsql, psql, run, userIn } from './demo.ts'

test.skip(!hasPsql, 'psql is missing (Debian: postgresql-client)')

test('an analyst selects, sees masks; backslash commands work', async () => {
  const ana = userIn('analysts')
  const rows = await psql(ana, ['-At', '-c', 'select email, ssn from customers limit 3'])
  expect(rows).toMatchObject({ code: 0, stdout: '[masked]|[masked]\n'.repeat(3) })
  for (const command of ['\\d', '\\d customers', '\\dt', '\\dv', '\\di', '\\df', '\\dn', '\\du', '\\d+ orders', '\\conninfo', '\\dp', '\\dT', '\\ds', '\\dx']) {
    const { code, stderr } = await psql(ana, ['-c', command])
    expect(`${command}: ${code} ${stderr}`).toBe(`${command}: 0 `)
  }
})

test('the privacy officer sees clear values', async () => {
  const { stdout } = await psql(userIn('privacy'), ['-At', '-c', 'select email from customers order by id limit 1'])
  expect(stdout).toMatch(/@/)
})

test('drop table is refused with rule and reason', async () => {
  const { code, stderr } = await psql(userIn('analysts'), ['-c', 'drop table customers'])
  expect(code).not.toBe(0)
  expect(stderr).toMatch(/ERROR:.*denied by rule never \(policy shop\)/)
})

test('\\copy out and in', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-copy-'))
  const file = join(folder, 'products.csv')
  const out = await psql(userIn('analysts'), ['-c', `\\copy (select id, name from products order by id limit 5) to '${file}' csv header`])
  expect(out).toMatchObject({ code: 0, stdout: 'COPY 5\n' })
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(7)
})

test('Ctrl-C in a terminal cancels the statement and psql goes on', async () => {
  const ana = userIn('analysts')
  const [host, port] = demo().postgres.split(':') as [string, string]
  // `script` (util-linux) gives psql a terminal, so that byte 3 is Ctrl-C.
  const command = `psql "host=${host} port=${port} dbname=shop user=a sslmode=verify-full sslrootcert=${demo().ca}" -X -At`
  const child = spawn('script', ['-qec', command, '/dev/null'], { env: { ...process.env, PGPASSWORD: ana.token, PAGER: 'cat', TERM: 'dumb' } })
  const exited = new Promise((resolve) => { child.once('exit', resolve) })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => { said += chunk.toString() })
  child.stdin.write("select 'sta' || 'rted';\n")
  await expect.poll(() => said).toContain('started')
  child.stdin.write('select pg_sleep(60);\n')
  await new Promise((resolve) => { setTimeout(resolve, 500) })
  child.stdin.write('\u0003')
  await expect.poll(() => said).toContain('canceling statement due to user request')
  child.stdin.write("select 'af' || 'ter';\n\\q\n")
  await exited
  expect(said).toContain('after')
})

test('TLS is asked for: a wrong token, a wrong database and plain nonsense are refused in words', async () => {
  const [host, port] = demo().postgres.split(':') as [string, string]
  const wrongToken = await run('psql', [`host=${host} port=${port} dbname=shop user=a`, '-c', 'select 1'], { env: { PGPASSWORD: 'gh_nonsense' } })
  expect(wrongToken.stderr).toMatch(/FATAL/)
  const wrongDatabase = await run('psql', [`host=${host} port=${port} dbname=nowhere user=a`, '-c', 'select 1'], { env: { PGPASSWORD: userIn('analysts').token } })
  expect(wrongDatabase.stderr).toMatch(/no connection "nowhere"/)
})
