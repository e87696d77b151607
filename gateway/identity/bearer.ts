// The bearer token of a request (RFC 6750 2.1): from the Authorization header only, never from a URL, a form or a cookie.
import { GatehouseError } from '../../shared/errors.ts'

/** Throws token_missing or token_invalid. */
export function bearerOf(header: string | undefined): string {
  if (header === undefined || header === '') {
    throw new GatehouseError('token_missing', 'a token is needed: send it as Authorization: Bearer …', { side: 'client' })
  }
  const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(header)?.[1]
  if (token === undefined) throw new GatehouseError('token_invalid', 'the Authorization header is not "Bearer" and one token', { side: 'client' })
  return token
}
