// `gatehouse sessions export --format asciicast` of a data folder.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openJournal } from '../../gateway/recording/journal.ts'
import { flushed, temporaryFolder } from '../../gateway/recording/testing/journals.ts'

const launcher = join(import.meta.dirname, '../../bin/gatehouse')

function exported(...words: readonly string[]): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, 'sessions', 'export', ...words], (error, stdout, stderr) => resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }))
  })
}

async function write(dir: string): Promise<void> {
  const journal = await openJournal({ dir, gateway: 'test' })
  const terminal = journal.recorder('se_terminal')
  terminal.json('in', 'command', { command: 'c', text: 'POST /api/v1/namespaces/shop/pods/web/exec?command=sh&tty=true' })
  terminal.json('in', 'resize', { command: 'c', width: 100, height: 30 })
  for (let i = 0; i < 1_200; i++) terminal.bytes('out', 'output', [Buffer.from(`line ${i}\r\n`)])
  terminal.json('control', 'result', { command: 'c', status: 'exit 0' })
  terminal.close('its request is done')
  const sql = journal.recorder('se_sql')
  sql.json('in', 'command', { command: 'c', text: 'select 1' })
  sql.close('done')
  await flushed(journal)
  await journal.dispose()
}

test('a terminal comes out for players, more than one page of it', async () => {
  using dir = temporaryFolder()
  await write(dir.path)
  const { status, stdout } = await exported('se_terminal', '--data', dir.path, '--format', 'asciicast')
  const lines = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)
  expect(status).toBe(0)
  expect(lines[0]).toMatchObject({ version: 3, term: { cols: 100, rows: 30 }, command: 'sh' })
  expect(lines).toHaveLength(1 + 1_200 + 1)
  expect(lines.at(-2)).toEqual([expect.any(Number), 'o', 'line 1199\r\n'])
  expect(lines.at(-1)).toEqual([expect.any(Number), 'x', '0'])
})

test('what is no terminal, and what is no format, are refused in a line', async () => {
  using dir = temporaryFolder()
  await write(dir.path)
  expect(await exported('se_sql', '--data', dir.path, '--format', 'asciicast')).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(/not the recording of a terminal/) as string })
  expect((await exported('se_sql', '--data', dir.path, '--format', 'gif')).stderr).toMatch(/asciicast/)
  expect((await exported('se_terminal', '--data', dir.path)).stdout).toContain('"kind":"resize"')
})
