// A CA of the gateway's own, for loopback, kept under data/tls: made once, its certificate is what clients trust; the leaf is
// short-lived and made anew when it is near its end. Keys are 0600 in a folder of 0700, and refused when others can read them.
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GatehouseError } from '../../shared/errors.ts'
import { ownCaDays, ownLeafDays, ownLeafMarginDays } from '../limits.ts'
import { issueCa, issueLeaf, newKeys, type Issuer } from './certificate.ts'

const caName = 'Gatehouse local CA'
const loopbackNames = { dns: ['localhost'], ip: ['127.0.0.1', '::1'] }
const dayMs = 86_400_000

export interface TlsFiles { readonly cert: string; readonly key: string; readonly ca: string }

/** Paths of certificate, key and CA; whatever is missing or near its end is made. */
export function ensureOwnTls(folder: string, now: number = Date.now()): TlsFiles {
  const files = { ca: join(folder, 'ca.pem'), caKey: join(folder, 'ca-key.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const issuer = ensureCa(files, now)
    if (!isLeafGood(files, issuer.certificate, now)) {
      const leaf = issueLeaf(issuer, loopbackNames, { days: ownLeafDays, now })
      writePrivate(files.key, leaf.key)
      writePrivate(files.cert, leaf.cert)
      chmodSync(files.cert, 0o644)
    }
    return { cert: files.cert, key: files.key, ca: files.ca }
  } catch (cause) {
    if (cause instanceof GatehouseError) throw cause
    throw new GatehouseError('config_unreadable', `the gateway's own certificates in ${folder} cannot be read or made: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

function ensureCa(files: { readonly ca: string; readonly caKey: string }, now: number): Issuer & { readonly certificate: X509Certificate } {
  const [hasCa, hasKey] = [existsSync(files.ca), existsSync(files.caKey)]
  if (hasCa !== hasKey) {
    throw new GatehouseError('config_unreadable', `of ${files.ca} and ${files.caKey} only one is there; restore the other, or remove both and let every client trust the new CA`)
  }
  if (!hasCa) {
    const made = issueCa(`${caName} ${new Date(now).toISOString().slice(0, 10)}`, newKeys(), { days: ownCaDays, now })
    writePrivate(files.caKey, made.key)
    writePrivate(files.ca, made.cert)
    chmodSync(files.ca, 0o644)
  }
  requirePrivate(files.caKey)
  const certificate = new X509Certificate(readFileSync(files.ca))
  const privateKey = createPrivateKey(readFileSync(files.caKey))
  if (!certificate.checkPrivateKey(privateKey)) throw new GatehouseError('config_unreadable', `${files.caKey} is not the key of ${files.ca}`)
  if (Date.parse(certificate.validTo) < now) throw new GatehouseError('config_unreadable', `${files.ca} has expired; remove it and ${files.caKey}, and let every client trust the new CA`)
  return { certificate, name: certificate.subject.replace(/^CN=/, ''), keys: { privateKey, publicKey: createPublicKey(privateKey) } }
}

function isLeafGood(files: { readonly cert: string; readonly key: string }, ca: X509Certificate, now: number): boolean {
  if (!existsSync(files.cert) || !existsSync(files.key)) return false
  requirePrivate(files.key)
  const leaf = new X509Certificate(readFileSync(files.cert))
  return leaf.verify(ca.publicKey) && leaf.checkPrivateKey(createPrivateKey(readFileSync(files.key)))
    && Date.parse(leaf.validTo) > now + ownLeafMarginDays * dayMs && Date.parse(leaf.validFrom) <= now
}

function requirePrivate(path: string): void {
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new GatehouseError('not_permitted', `${path} can be read by others, so it is no secret any more; remove ${path} and its certificate, and start again`)
  }
}

/** Whole or not at all. */
function writePrivate(path: string, text: string): void {
  const draft = `${path}.new`
  writeFileSync(draft, text, { mode: 0o600, flush: true })
  chmodSync(draft, 0o600)
  renameSync(draft, path)
}
