// Certificates for tests, written as plain DER: a CA and leaves of it. Not for anything else: keys live in memory for one test run.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { isIP } from 'node:net'

export interface TestCertificate { readonly cert: string; readonly key: string; readonly der: Buffer }
export interface TestCa extends TestCertificate { readonly issue: (names: readonly string[], hash?: 'sha256' | 'sha384' | 'sha512') => TestCertificate }

const oids = { commonName: '550403', basicConstraints: '551d13', subjectAltName: '551d11' }
const ecdsa = { sha256: '2a8648ce3d040302', sha384: '2a8648ce3d040303', sha512: '2a8648ce3d040304' }
const ed25519 = '2b6570'

export function createTestCa(commonName = 'Gatehouse test CA'): TestCa {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const constraints = extension(oids.basicConstraints, tlv(0x30, tlv(0x01, Buffer.of(0xff))))
  const ca = certificate({ issuer: commonName, subject: commonName, publicKey: keys.publicKey, signer: keys.privateKey, extensions: [constraints], hash: 'sha256' })
  return {
    ...pem(ca, keys.privateKey),
    issue(names, hash = 'sha256') {
      const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const der = certificate({ issuer: commonName, subject: names[0] ?? '', publicKey: leaf.publicKey, signer: keys.privateKey, extensions: [alternativeNames(names)], hash })
      return pem(der, leaf.privateKey)
    },
  }
}

/** Self-signed with a key that has no hash of its own. */
export function createEd25519Certificate(name: string): TestCertificate {
  const keys = generateKeyPairSync('ed25519')
  return pem(certificate({ issuer: name, subject: name, publicKey: keys.publicKey, signer: keys.privateKey, extensions: [alternativeNames([name])], hash: null }), keys.privateKey)
}

interface Contents {
  readonly issuer: string
  readonly subject: string
  readonly publicKey: KeyObject
  readonly signer: KeyObject
  readonly extensions: readonly Buffer[]
  readonly hash: keyof typeof ecdsa | null
}

/** RFC 5280 §4.1. */
function certificate(contents: Contents): Buffer {
  const algorithm = tlv(0x30, oid(contents.hash === null ? ed25519 : ecdsa[contents.hash]))
  const tbs = tlv(0x30,
    tlv(0xa0, tlv(0x02, Buffer.of(2))),
    tlv(0x02, Buffer.from(`01${Math.floor(Math.random() * 2 ** 40).toString(16).padStart(10, '0')}`, 'hex')),
    algorithm,
    nameOf(contents.issuer),
    tlv(0x30, time(-1), time(1)),
    nameOf(contents.subject),
    contents.publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, tlv(0x30, ...contents.extensions)))
  return tlv(0x30, tbs, algorithm, tlv(0x03, Buffer.of(0), sign(contents.hash, tbs, contents.signer)))
}

/** The shortest length: Go reads DER to the letter. */
function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const bytes = content.length.toString(16)
  const length = content.length < 0x80 ? Buffer.of(content.length) : Buffer.from(content.length < 0x100 ? `81${bytes}` : `82${bytes.padStart(4, '0')}`, 'hex')
  return Buffer.concat([Buffer.of(tag), length, content])
}

const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'))
const nameOf = (text: string): Buffer => tlv(0x30, tlv(0x31, tlv(0x30, oid(oids.commonName), tlv(0x0c, Buffer.from(text)))))
const extension = (id: string, value: Buffer): Buffer => tlv(0x30, oid(id), tlv(0x01, Buffer.of(0xff)), tlv(0x04, value))

function alternativeNames(names: readonly string[]): Buffer {
  return extension(oids.subjectAltName, tlv(0x30, ...names.map((name) => isIP(name) === 4 ? tlv(0x87, Buffer.from(name.split('.').map(Number))) : tlv(0x82, Buffer.from(name)))))
}

/** UTCTime, some days from now. */
function time(days: number): Buffer {
  const text = new Date(Date.now() + days * 86_400_000).toISOString()
  return tlv(0x17, Buffer.from(`${text.slice(2, 19).replaceAll(/[-:T]/g, '')}Z`))
}

function pem(der: Buffer, key: KeyObject): TestCertificate {
  const body = der.toString('base64').replaceAll(/.{64}/g, '$&\n')
  return { der, cert: `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`, key: key.export({ type: 'pkcs8', format: 'pem' }) as string }
}
