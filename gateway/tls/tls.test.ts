import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { expect, test, vi } from 'vitest'
import { createLog } from '../log.ts'
import { ownLeafDays, ownLeafMarginDays } from '../limits.ts'
import { ensureOwnTls } from './own-ca.ts'
import { openTls } from './tls.ts'

const log = createLog('silent')
const folder = () => mkdtempSync(join(tmpdir(), 'gatehouse-tls-'))
const day = 86_400_000
const open = (data: string, now?: () => number) => openTls({ given: null, data, log, ...(now === undefined ? {} : { now }) })

interface Pair { readonly cert: string; readonly key: string }
const reading = (files: Pair) => () => ({ cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') })

async function handshake(material: { cert: string; key: string }, ca: string, host: string, servername?: string): Promise<string> {
  const server = createServer({ ...material, minVersion: 'TLSv1.2' })
  await new Promise<void>((done) => { server.listen(0, host, done) })
  try {
    return await new Promise((done, failed) => {
      const socket = connect({ port: (server.address() as AddressInfo).port, host, ca, ...(servername === undefined ? {} : { servername }) }, () => {
        done(socket.getProtocol() ?? '')
        socket.destroy()
      })
      socket.on('error', failed)
    })
  } finally {
    server.close()
  }
}

test('a client that trusts the CA file reaches localhost and 127.0.0.1, one that does not is refused', async () => {
  const source = open(folder())
  const ca = readFileSync(source.ca!, 'utf8')
  expect(await handshake(source.current, ca, '127.0.0.1')).toBe('TLSv1.3')
  expect(await handshake(source.current, ca, '127.0.0.1', 'localhost')).toBe('TLSv1.3')
  await expect(handshake(source.current, ca, '127.0.0.1', 'db.example.com')).rejects.toThrow(/altnames/)
  await expect(handshake(source.current, readFileSync(open(folder()).ca!, 'utf8'), '127.0.0.1')).rejects.toThrow(/self-signed|unable to/)
})

test('the certificates are what RFC 5280 asks for: v3, CA may sign leaves only, leaf is a server’s and no CA', () => {
  const files = ensureOwnTls(folder())
  const [ca, leaf] = [new X509Certificate(readFileSync(files.ca)), new X509Certificate(readFileSync(files.cert))]
  expect(ca).toMatchObject({ ca: true })
  expect(leaf).toMatchObject({ ca: false, subjectAltName: 'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1' })
  expect(leaf.verify(ca.publicKey)).toBe(true)
  expect(leaf.checkIssued(ca)).toBe(true)
  expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  expect(ca.serialNumber).not.toBe(leaf.serialNumber)
  expect(Date.parse(leaf.validTo) - Date.now()).toBeLessThanOrEqual(ownLeafDays * day)
})

test('OpenSSL agrees', ({ skip }) => {
  const files = ensureOwnTls(folder())
  let output: string
  try {
    output = execFileSync('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_ip', '127.0.0.1', '-CAfile', files.ca, files.cert], { encoding: 'utf8' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return skip('openssl is not installed')
    throw error
  }
  expect(output).toContain('OK')
})

test('keys are for their owner only, and a key that others can read is refused', () => {
  const data = folder()
  const { key } = ensureOwnTls(data)
  for (const name of ['ca-key.pem', 'key.pem']) expect(statSync(join(data, name)).mode & 0o777).toBe(0o600)
  chmodSync(key, 0o644)
  expect(() => ensureOwnTls(data)).toThrow(expect.objectContaining({ code: 'not_permitted' }) as Error)
})

test('a second start keeps the CA and the leaf; near its end the leaf is made anew by the same CA', () => {
  const data = folder()
  const files = ensureOwnTls(data)
  const [ca, leaf] = [readFileSync(files.ca, 'utf8'), readFileSync(files.cert, 'utf8')]
  ensureOwnTls(data)
  expect(readFileSync(files.cert, 'utf8')).toBe(leaf)
  ensureOwnTls(data, Date.now() + (ownLeafDays - ownLeafMarginDays) * day + day)
  expect(readFileSync(files.cert, 'utf8')).not.toBe(leaf)
  expect(readFileSync(files.ca, 'utf8')).toBe(ca)
})

test('half a CA is an error with what to do, never a quiet new one', () => {
  const data = folder()
  ensureOwnTls(data)
  rmSync(join(data, 'ca-key.pem'))
  expect(() => ensureOwnTls(data)).toThrow(/only one is there/)
})

test('a leaf of another CA, or with another key, is replaced', () => {
  const [data, other] = [folder(), folder()]
  const [mine, theirs] = [ensureOwnTls(data), ensureOwnTls(other)]
  writeFileSync(mine.cert, readFileSync(theirs.cert))
  ensureOwnTls(data)
  expect(new X509Certificate(readFileSync(mine.cert)).verify(new X509Certificate(readFileSync(mine.ca)).publicKey)).toBe(true)
})

test('named files: a renewed pair is served at the next look, a broken one is not', () => {
  const [first, second] = [ensureOwnTls(folder()), ensureOwnTls(folder())]
  const source = openTls({ given: reading(first), data: folder(), log })
  expect(source.ca).toBeNull()
  const changed = vi.fn()
  source.onChange(changed)
  source.check()
  expect(changed).not.toHaveBeenCalled()
  const good = source.current
  writeFileSync(first.cert, readFileSync(second.cert))
  source.check()
  expect(source.current).toBe(good)
  writeFileSync(first.key, readFileSync(second.key))
  source.check()
  expect(changed).toHaveBeenCalledExactlyOnceWith({ cert: readFileSync(second.cert, 'utf8'), key: readFileSync(second.key, 'utf8') })
  source.dispose()
})

test.each([
  ['a certificate that is no PEM', (files: Pair) => writeFileSync(files.cert, 'hello')],
  ['a key that is no PEM', (files: Pair) => writeFileSync(files.key, 'hello')],
  ['a key of another certificate', (files: Pair) => writeFileSync(files.key, readFileSync(ensureOwnTls(folder()).key))],
])('%s stops the start', (_, spoil) => {
  const files = ensureOwnTls(folder())
  spoil(files)
  expect(() => openTls({ given: reading(files), data: folder(), log })).toThrow(expect.objectContaining({ code: 'config_invalid' }) as Error)
})

test('an expired certificate stops the start', () => {
  expect(() => openTls({ given: reading(ensureOwnTls(folder())), data: folder(), log, now: () => Date.now() + 365 * day })).toThrow(/expired/)
})
