import { X509Certificate, createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createEd25519Certificate, createTestCa } from '../../../testing/certificates.ts'
import { tlsServerEndPoint } from './channel-binding.ts'
import { preparePassword } from './saslprep.ts'
import { chooseScram, scramFinal, scramFirst, verifyScram, type ScramMechanism } from './scram.ts'

const plain: ScramMechanism = { name: 'SCRAM-SHA-256', gs2Header: 'n,,', binding: Buffer.alloc(0) }
const nonce = 'rOprNGfwEbeRWgbNEkqO'
const serverNonce = `${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`
const serverFirst = `r=${serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`

test('gives the messages of the test vector (RFC 7677 §3)', async () => {
  const first = scramFirst(plain, nonce, 'user')
  expect(first.message).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
  const final = await scramFinal(first, serverFirst, 'pencil')
  expect(final.message).toBe(`c=biws,r=${serverNonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`)
  expect(() => verifyScram(final, 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')).not.toThrow()
})

test('every exchange has a nonce of its own', () => {
  const nonces = Array.from({ length: 50 }, () => scramFirst(plain).nonce)
  expect(new Set(nonces).size).toBe(50)
  expect(nonces.every((each) => each.length >= 24 && !each.includes(','))).toBe(true)
})

describe('a server that does not keep to the exchange is refused', () => {
  const bad: Record<string, string> = {
    'nothing': '',
    'a nonce that is only ours': `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
    'a nonce that is not ours': 'r=xOprNGfwEbeRWgbNEkqOabc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    'a nonce with a space': `r=${nonce} x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
    'a mandatory extension': `m=x,r=${serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==`,
    'no salt': `r=${serverNonce},s=,i=4096`,
    'a salt that is not base64': `r=${serverNonce},s=W22Za!==,i=4096`,
    'an endless salt': `r=${serverNonce},s=${'QUFB'.repeat(1000)},i=4096`,
    'no iterations': `r=${serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==`,
    'one iteration': `r=${serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1`,
    'too many iterations': `r=${serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1000001`,
    'iterations past 2³²': `r=${serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4294971392`,
    'negative iterations': `r=${serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-4096`,
    'iterations in another notation': `r=${serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1e5`,
  }
  test.each(Object.entries(bad))('%s', async (_, message) => {
    await expect(scramFinal(scramFirst(plain, nonce), message, 'pencil')).rejects.toThrow(/SCRAM/)
  })
})

test.each([
  ['an error', 'e=invalid-proof'],
  ['nothing', ''],
  ['a signature of another password', `v=${Buffer.alloc(32, 1).toString('base64')}`],
  ['a short signature', 'v=6rriTRBi23WpRR/wtup+mA=='],
  ['a signature that is not base64', 'v=!!!!'],
])('a server that ends with %s has proved nothing', async (_, message) => {
  const final = await scramFinal(scramFirst(plain, nonce, 'user'), serverFirst, 'pencil')
  expect(() => verifyScram(final, message)).toThrow(/server/)
})

describe('chooseScram', () => {
  const endPoint = Buffer.from('end point')
  test.each([
    ['binds to TLS where the server offers it', ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'], endPoint, ['SCRAM-SHA-256-PLUS', 'p=tls-server-end-point,,']],
    ['says that it could have bound, so that a removed offer is noticed', ['SCRAM-SHA-256'], endPoint, ['SCRAM-SHA-256', 'y,,']],
    ['does not bind without TLS', ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'], null, ['SCRAM-SHA-256', 'n,,']],
    ['refuses what it does not speak', ['SCRAM-SHA-1', 'OAUTHBEARER'], endPoint, null],
    ['refuses -PLUS alone where nothing can be bound to', ['SCRAM-SHA-256-PLUS'], null, null],
    ['refuses an empty offer', [], endPoint, null],
  ] as const)('%s', (_, offered, binding, expected) => {
    const chosen = chooseScram(offered, binding)
    expect(chosen && [chosen.name, chosen.gs2Header]).toEqual(expected)
  })

  test('the binding goes into the proof', async () => {
    const mechanism = chooseScram(['SCRAM-SHA-256-PLUS'], endPoint)!
    const final = await scramFinal(scramFirst(mechanism, nonce), serverFirst, 'pencil')
    expect(final.message).toContain(`c=${Buffer.from('p=tls-server-end-point,,end point').toString('base64')},`)
  })
})

describe('tls-server-end-point', () => {
  const ca = createTestCa()
  test.each(['sha256', 'sha384', 'sha512'] as const)('hashes with %s where the certificate is signed with it', (hash) => {
    const { der, cert } = ca.issue(['db.test'], hash)
    expect(new X509Certificate(cert).raw.equals(der)).toBe(true)
    expect(tlsServerEndPoint(der)).toEqual(createHash(hash).update(der).digest())
  })

  test('is not defined for Ed25519', () => {
    expect(tlsServerEndPoint(createEd25519Certificate('db.test').der)).toBe(null)
  })

  test('is null for anything that is cut off or no certificate', () => {
    const { der } = ca.issue(['db.test'])
    for (let cut = 0; cut < der.length - 80; cut += 7) expect(tlsServerEndPoint(der.subarray(0, cut))).toBe(null)
    expect(tlsServerEndPoint(Buffer.from('308400ffffff3000', 'hex'))).toBe(null)
  })
})

describe('preparePassword', () => {
  test.each([
    ['leaves ASCII alone, control characters too', 'p\u0001a ss', 'p\u0001a ss'],
    ['normalises (RFC 4013 §3)', '\u2168', 'IX'],
    ['drops the soft hyphen', 'I\u00adX', 'IX'],
    ['turns other spaces into the space', 'a\u00a0b\u3000c', 'a b c'],
    ['keeps case', 'ÄUSER', 'ÄUSER'],
    ['takes what is prohibited as it is, as PostgreSQL does', '\u2168\u0007', '\u2168\u0007'],
    ['takes what would be empty as it is', '\u00ad', '\u00ad'],
    ['keeps text in other scripts', 'пароль密码', 'пароль密码'],
  ])('%s', (_, password, expected) => {
    expect(preparePassword(password).toString('utf8')).toBe(expected)
  })
})
