// Whom we believe to be the gateway: one CA file if the user named one (then nobody else), else the system's authorities.
import { readFileSync } from 'node:fs'
import { getCACertificates } from 'node:tls'
import { GatehouseError } from '../shared/errors.ts'

/** A gateway and how to know it. `ca` is the path of a PEM file; null: the system's authorities. */
export interface GatewayAddress {
  /** `https://host:port`, no path. */
  readonly url: string
  readonly ca: string | null
}

/** Reads what a person typed: a missing scheme is https, plain http is refused (a token would cross the wire in clear). */
export function parseGatewayUrl(text: string): string {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`
  const url = URL.canParse(withScheme) ? new URL(withScheme) : null
  if (url === null || url.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.hostname === '') {
    throw new GatehouseError('input_invalid', `"${text.slice(0, 200)}" is not a gateway's address; it looks like https://gateway.example.com:8443`, { side: 'client' })
  }
  return url.origin
}

let systemAuthorities: string[] | undefined

/** For the `ca` option of node:https and ws. */
export function authorities(address: GatewayAddress): string[] {
  if (address.ca === null) return systemAuthorities ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])]
  try {
    return [readFileSync(address.ca, 'utf8')]
  } catch (error) {
    throw new GatehouseError('config_unreadable', `the CA file ${address.ca} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}); GATEHOUSE_CA names it`, { side: 'client', cause: error })
  }
}

// The codes of OpenSSL and node:tls that mean "answered with a certificate that we do not believe".
const untrusted = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY|DECRYPT|DECODE)|ALTNAME/

/** What a failed connect means for a person. */
export function connectFailure(address: GatewayAddress, cause: unknown): GatehouseError {
  if (cause instanceof GatehouseError) return cause
  const { code = '', message = String(cause) } = cause as NodeJS.ErrnoException
  const why = message.replaceAll(/\s+/g, ' ').slice(0, 200)
  if (untrusted.test(code)) {
    const remedy = address.ca === null ? 'set GATEHOUSE_CA to the PEM file of its authority' : `${address.ca} is not the authority that signed it, or the address is not the one it was made for`
    return new GatehouseError('gateway_untrusted', `the certificate of ${address.url} is not trusted (${why}): ${remedy}`, { side: 'upstream', cause })
  }
  if (code === 'EPROTO') return new GatehouseError('gateway_unreachable', `${address.url} does not speak TLS: is this the gateway's API address?`, { side: 'upstream', cause })
  return new GatehouseError('gateway_unreachable', `the gateway ${address.url} does not answer (${code || why}): is it running, and is the address right?`, { side: 'upstream', cause })
}
