import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { passfileLine, psqlCommand } from './passfile.ts'

test('a passfile line in libpq\'s format', () => {
  expect(passfileLine({ host: '127.0.0.1', port: 5433, password: 'abc' })).toBe('127.0.0.1:5433:*:*:abc\n')
  expect(passfileLine({ host: '::1', port: 1, password: String.raw`a:b\c` })).toBe(`${String.raw`\:\:1:1:*:*:a\:b\\c`}\n`)
})

test('a psql command that holds no secret', () => {
  expect(psqlCommand({ passfile: '/home/me/p', host: '127.0.0.1', port: 5433, dbname: 'shop', platform: 'linux' }))
    .toBe('PGPASSFILE=/home/me/p psql "host=127.0.0.1 port=5433 dbname=shop user=me"')
  expect(psqlCommand({ passfile: 'C:\\p', host: '127.0.0.1', port: 5433, dbname: 'shop', platform: 'win32' }))
    .toBe('set "PGPASSFILE=C:\\p" && psql "host=127.0.0.1 port=5433 dbname=shop user=me"')
})

test.each(["o'brien", 'a b', '$(touch x)', '`id`', 'a"b', 'a\\b', '!x', ''])('whatever the connection is called, the shell gives psql two words: %j', (dbname) => {
  const command = psqlCommand({ passfile: `/tmp/${dbname}/p`, host: 'h', port: 1, dbname, platform: 'linux' })
  const printed = execFileSync('sh', ['-c', command.replace(' psql ', ' printf %s\\\\n "$PGPASSFILE" ').replace(/^(PGPASSFILE=)/, 'export $1')
    .replace(' printf', '; printf')]).toString().split('\n')
  expect(printed[0]).toBe(`/tmp/${dbname}/p`)
  expect(printed[1]).toMatch(/^host=h port=1 dbname=.* user=me$/)
  expect(printed).toHaveLength(3)
})
