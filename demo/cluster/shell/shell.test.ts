// The toy shell: words, pipes, redirections, files, tar there and back, and what it does on a terminal.
import { PassThrough, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Files } from '../pods/files.ts'
import { packTar, TarReader } from '../pods/tar.ts'
import type { Container, Context } from './context.ts'
import { runWords } from './shell.ts'
import { runTerminalShell } from './terminal.ts'

const container = (): Container => ({ hostname: 'pod-1', env: new Map([['NAME', 'world']]), files: new Files({ '/app/a.txt': 'one\ntwo\nthree\n' }), main: '/app/main', kill: () => undefined })

function context(place = container(), stdin: Readable = Readable.from([])) {
  const said: { out: string; err: string } = { out: '', err: '' }
  const whole: Context = {
    container: place, state: { folder: '/', lastCode: 0, env: new Map(place.env) }, stdin, signal: new AbortController().signal,
    out: (chunk) => { said.out += chunk.toString() }, err: (text) => { said.err += text },
  }
  return { whole, said }
}

async function sh(script: string, place = container()) {
  const { whole, said } = context(place)
  const code = await runWords(whole, ['sh', '-c', script])
  return { code, ...said }
}

test.each<[string, string, number]>([
  ['echo hello "$NAME" \'$NAME\' $NOPE.', 'hello world $NAME .\n', 0],
  ['cat /app/a.txt | grep t | wc -l', '2\n', 0],
  ['cd /app; pwd; ls', '/app\na.txt\n', 0],
  ['false && echo no || echo yes', 'yes\n', 0],
  ['echo x > /tmp/f; echo y >> /tmp/f; cat < /tmp/f', 'x\ny\n', 0],
  ['cat /nope 2>/dev/null; echo $?', '1\n', 0],
  ['exit 3; echo no', '', 3],
  ['test -d /tmp && [ -f /app/a.txt ] && echo both', 'both\n', 0],
  ['head -1 /app/a.txt; tail -n 1 /app/a.txt', 'one\nthree\n', 0],
  ['A=5; echo ${A}6', '56\n', 0],
  ['sh -c "exit 7"; echo $?', '7\n', 0],
])('%s', async (script, out, code) => expect(await sh(script)).toMatchObject({ out, code }))

test('what it cannot do it says', async () => {
  expect(await sh('for i in 1 2; do echo $i; done')).toMatchObject({ code: 2, err: expect.stringContaining('toy shell') as string })
  expect(await sh('nosuch')).toMatchObject({ code: 127, err: 'sh: nosuch: not found\n' })
  expect(await sh('echo "open')).toMatchObject({ code: 2 })
})

test('a file system has an end', async () => {
  const files = new Files()
  expect(() => files.write('/tmp/big', Buffer.alloc(65 * 1024 * 1024))).toThrow('No space left')
})

test('tar packs what it reads, in pieces of any size, long names too, and never outside of its folder', async () => {
  const place = container()
  place.files.makeFolder(`/src/${'d'.repeat(60)}`)
  place.files.write(`/src/${'d'.repeat(60)}/${'n'.repeat(60)}`, Buffer.from('deep'))
  place.files.write('/src/x', Buffer.from([0, 255, 10]))
  const { whole, said } = context(place)
  const chunks: Buffer[] = []
  await runWords({ ...whole, out: (chunk) => { chunks.push(Buffer.from(chunk)) } }, ['tar', 'cf', '-', '/src'])
  const archive = Buffer.concat(chunks)
  expect(said.err).toContain('Removing leading')
  const pieces = Array.from({ length: Math.ceil(archive.length / 100) }, (_, index) => archive.subarray(index * 100, index * 100 + 100))
  expect(await runWords({ ...whole, stdin: Readable.from(pieces) }, ['tar', '-xmf', '-', '-C', '/tmp'])).toBe(0)
  expect(place.files.read(`/tmp/src/${'d'.repeat(60)}/${'n'.repeat(60)}`).toString()).toBe('deep')
  expect([...place.files.read('/tmp/src/x')]).toEqual([0, 255, 10])
  const evil = packTar([{ path: '../../etc/evil', kind: 'file', mode: 0o644, at: 0, bytes: Buffer.from('x') }])
  expect(new TarReader().push(evil)).toHaveLength(1)
  await runWords({ ...whole, stdin: Readable.from([evil]) }, ['tar', 'xf', '-', '-C', '/tmp'])
  expect(place.files.list('/').map(({ name }) => name)).toContain('etc')
})

test('on a terminal it prompts, echoes, takes back, stops at ctrl-c and ends at ctrl-d', async () => {
  const stdin = new PassThrough()
  const { whole, said } = context(container(), stdin)
  const ended = runTerminalShell(whole)
  stdin.write('echo helx\x7flo\r')
  await expect.poll(() => said.out).toContain('hello\npod-1:/# ')
  stdin.write('sleep 100\r')
  await sleep(30)
  stdin.write('\x03')
  await expect.poll(() => said.out).toContain('^C\npod-1:/# ')
  stdin.write('\x1b[A\x1b[A')
  await expect.poll(() => said.out.endsWith('echo hello')).toBe(true)
  stdin.write('\x03exit 4\r')
  expect(await ended).toBe(4)
})
