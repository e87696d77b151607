// SCRAM-SHA-256 and -PLUS, the client's side (RFC 5802, RFC 7677), as PostgreSQL speaks it (protocol 55.3): no user name in the
// exchange, password prepared as in saslprep.ts. Pure but for PBKDF2, which runs in the thread pool: the server chooses the work.
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { scramIterationsMax, scramIterationsMin } from '../../../limits.ts'
import { FrameError } from './frame-reader.ts'
import { preparePassword } from './saslprep.ts'

const derive = promisify(pbkdf2)
const hashBytes = 32
/** PostgreSQL sends 16. */
const saltBytesMax = 1024
/** RFC 5802 §5.1: printable ASCII without the comma. PostgreSQL's nonces are 24 characters long. */
const nonceCharacters = /^[\x21-\x2b\x2d-\x7e]{1,1024}$/
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** The two reasons an honest server could give are its own words; everything else here is a FrameError. */
export class ScramError extends Error {
  override readonly name = 'ScramError'
}

export interface ScramMechanism {
  readonly name: 'SCRAM-SHA-256' | 'SCRAM-SHA-256-PLUS'
  readonly gs2Header: 'n,,' | 'y,,' | 'p=tls-server-end-point,,'
  readonly binding: Buffer
}

/**
 * Chooses from what the server offers. `endPoint` is the tls-server-end-point value; null without TLS, or where the certificate
 * has none. With one, and no -PLUS on offer, `y` tells the server that we could have: if it did offer, someone removed it on the
 * way, and the server refuses (RFC 5802 §6). Null: nothing we speak is on offer.
 */
export function chooseScram(offered: readonly string[], endPoint: Buffer | null): ScramMechanism | null {
  if (endPoint !== null && offered.includes('SCRAM-SHA-256-PLUS')) {
    return { name: 'SCRAM-SHA-256-PLUS', gs2Header: 'p=tls-server-end-point,,', binding: endPoint }
  }
  if (!offered.includes('SCRAM-SHA-256')) return null
  return { name: 'SCRAM-SHA-256', gs2Header: endPoint === null ? 'n,,' : 'y,,', binding: Buffer.alloc(0) }
}

export interface ScramFirst {
  readonly mechanism: ScramMechanism
  readonly nonce: string
  /** client-first-message-bare. */
  readonly bare: string
  /** client-first-message: what is sent. */
  readonly message: string
}

/** `user` and `nonce` are given by the test vector only: PostgreSQL takes the user from the startup packet. */
export function scramFirst(mechanism: ScramMechanism, nonce = randomBytes(18).toString('base64'), user = ''): ScramFirst {
  const bare = `n=${user},r=${nonce}`
  return { mechanism, nonce, bare, message: `${mechanism.gs2Header}${bare}` }
}

export interface ScramFinal {
  readonly message: string
  readonly serverSignature: Buffer
}

/** Answers server-first-message. Rejects with FrameError when the server does not keep to the exchange. */
export async function scramFinal(first: ScramFirst, serverFirst: string, password: string): Promise<ScramFinal> {
  const { nonce, salt, iterations } = parseServerFirst(first, serverFirst)
  const salted = await derive(preparePassword(password), salt, iterations, hashBytes, 'sha256')
  const binding = Buffer.concat([Buffer.from(first.mechanism.gs2Header), first.mechanism.binding]).toString('base64')
  const withoutProof = `c=${binding},r=${nonce}`
  const authMessage = `${first.bare},${serverFirst},${withoutProof}`
  const clientKey = hmac(salted, 'Client Key')
  const proof = xor(clientKey, hmac(createHash('sha256').update(clientKey).digest(), authMessage))
  return { message: `${withoutProof},p=${proof.toString('base64')}`, serverSignature: hmac(hmac(salted, 'Server Key'), authMessage) }
}

/** Throws unless the server proves that it knows the password too: without this anyone could play the server. */
export function verifyScram(final: ScramFinal, serverFinal: string): void {
  if (serverFinal.startsWith('e=')) throw new ScramError('the server ended SCRAM with an error')
  const [verifier] = serverFinal.split(',', 1)
  const signature = verifier?.startsWith('v=') ? decodeBase64(verifier.slice(2)) : null
  if (signature?.length !== hashBytes || !timingSafeEqual(signature, final.serverSignature)) {
    throw new ScramError('the server does not prove that it knows the password')
  }
}

/** server-first-message = nonce "," salt "," iteration-count; what may follow is for extensions, and a leading `m=` must be refused. */
function parseServerFirst(first: ScramFirst, message: string) {
  const [r, s, i] = message.split(',', 3)
  if (!r?.startsWith('r=') || !s?.startsWith('s=') || !i?.startsWith('i=')) throw new FrameError('a SCRAM server-first-message that is none')
  const nonce = r.slice(2)
  // RFC 5802 §5.1: the server's nonce must begin with ours, and add something of its own.
  if (!nonce.startsWith(first.nonce) || nonce.length === first.nonce.length || !nonceCharacters.test(nonce)) throw new FrameError('a SCRAM nonce that does not extend ours')
  const salt = decodeBase64(s.slice(2))
  if (salt === null || salt.length === 0 || salt.length > saltBytesMax) throw new FrameError('a SCRAM salt that is none')
  return { nonce, salt, iterations: parseIterations(i.slice(2)) }
}

function parseIterations(text: string): number {
  const iterations = /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : Number.NaN
  if (iterations >= scramIterationsMin && iterations <= scramIterationsMax) return iterations
  throw new FrameError(`SCRAM iterations outside ${scramIterationsMin} to ${scramIterationsMax} (scramIterationsMin, scramIterationsMax)`)
}

function decodeBase64(text: string): Buffer | null {
  return base64.test(text) ? Buffer.from(text, 'base64') : null
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ b[index]!))
}
