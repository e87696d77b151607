// The certificate of every listener: from the files that gateway.yaml names, or from the gateway's own CA. Looked at now and
// then, so that a renewed certificate is served without a restart; a bad one is logged and the last good one stays.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { GatehouseError } from '../../shared/errors.ts'
import type { Log } from '../log.ts'
import { tlsCheckMs } from '../limits.ts'
import { ensureOwnTls } from './own-ca.ts'

export interface TlsMaterial { readonly cert: string; readonly key: string }

export interface TlsSource {
  readonly current: TlsMaterial
  /** The CA file that clients are to trust; null when the certificate is not ours. */
  readonly ca: string | null
  onChange(listener: (material: TlsMaterial) => void): () => void
  /** Looks at the files now. */
  check(): void
  dispose(): void
}

export interface TlsOptions {
  /** Reads the pair that gateway.yaml names; called again at every look. Null: an own CA under `data`. */
  readonly given: (() => TlsMaterial) | null
  readonly data: string
  readonly log: Log
  readonly now?: () => number
}

/** Throws config_unreadable, config_invalid or not_permitted. */
export function openTls({ given, data, log, now = Date.now }: TlsOptions): TlsSource {
  const folder = join(data, 'tls')
  const load = () => checked(given === null ? ownMaterial(folder, now()) : given(), now())
  const listeners = new Set<(material: TlsMaterial) => void>()
  let current = load()
  let complaint = ''

  function check(): void {
    try {
      const material = load()
      complaint = ''
      if (material.cert === current.cert && material.key === current.key) return
      current = material
      log.info('a new certificate is served from now on')
      for (const listener of listeners) listener(material)
    } catch (error) {
      if (String(error) === complaint) return
      complaint = String(error)
      log.error({ err: error }, 'the certificate cannot be read again; the last good one is served')
    }
  }

  const timer = setInterval(check, tlsCheckMs).unref()
  return {
    get current() { return current },
    ca: given === null ? join(folder, 'ca.pem') : null,
    onChange(listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    check,
    dispose: () => clearInterval(timer),
  }
}

function ownMaterial(folder: string, now: number): TlsMaterial {
  const { cert, key } = ensureOwnTls(folder, now)
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}

/** Better no start than a listener that no client can use. */
function checked(material: TlsMaterial, now: number): TlsMaterial {
  const certificate = parsed('certificate', () => new X509Certificate(material.cert))
  const privateKey = parsed('key', () => createPrivateKey(material.key))
  if (!certificate.checkPrivateKey(privateKey)) throw new GatehouseError('config_invalid', 'tls.key is not the key of tls.cert; gateway.yaml needs a pair')
  if (Date.parse(certificate.validTo) < now) throw new GatehouseError('config_invalid', `the certificate (tls.cert) has expired on ${certificate.validTo}; renew it`)
  parsed('certificate', () => createSecureContext(material))
  return material
}

function parsed<T>(what: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    throw new GatehouseError('config_invalid', `the TLS ${what} (tls in gateway.yaml) is not usable PEM: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
