// Who a request is: the one token's service account, or whom it impersonates, as the API server would have it.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Call, User } from './call.ts'
import { ApiError } from './status.ts'

export const gatewayAccount = 'system:serviceaccount:kube-system:gatehouse'

const self: User = {
  username: gatewayAccount, uid: '7d1c2c1e-5a0e-4a55-9d0e-8f6a2f0d1b11',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'], extra: {},
}

const digest = (text: string) => createHash('sha256').update(text).digest()

export function userOf(headers: Call['headers'], token: string): User {
  const given = /^Bearer (.+)$/.exec(String(headers['authorization'] ?? ''))?.[1] ?? ''
  if (!timingSafeEqual(digest(given), digest(token))) throw new ApiError(401, 'Unauthorized', 'Unauthorized')
  const username = textOf(headers['impersonate-user'])
  if (username === '') return self
  const extra = Object.entries(headers).filter(([name]) => name.startsWith('impersonate-extra-'))
    .map(([name, value]) => [decodeURIComponent(name.slice('impersonate-extra-'.length)), valuesOf(value)] as const)
  return { username, uid: textOf(headers['impersonate-uid']), groups: [...valuesOf(headers['impersonate-group']), 'system:authenticated'], extra: Object.fromEntries(extra) }
}

const textOf = (value: Call['headers'][string]) => typeof value === 'string' ? value : ''
/** Node joins repeated headers by comma. */
const valuesOf = (value: Call['headers'][string]): readonly string[] => value === undefined ? [] : typeof value === 'string' ? value.split(', ') : value
