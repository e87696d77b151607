// What a token store's text says: one sign-in per gateway, and which gateway was used last.
import { z } from 'zod'
import { principalView } from '../../shared/api.ts'
import { GatehouseError } from '../../shared/errors.ts'
import type { TokenStore } from './token-store.ts'
import { jsonOf } from '../json.ts'

const savedLogin = z.strictObject({
  /** Path of the CA file the gateway was signed in to with; null: the system's authorities. */
  ca: z.string().nullable(),
  provider: z.string(),
  /** A refresh token goes back to the issuer it came from and nowhere else, whatever the gateway says later. */
  issuer: z.string(),
  clientId: z.string(),
  idToken: z.string().nullable(),
  refreshToken: z.string().nullable(),
  /** The gateway session token (`gh_…`), when we got it and its end. */
  token: z.string(),
  issuedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  principal: principalView,
})
export type SavedLogin = z.infer<typeof savedLogin>

const savedLogins = z.strictObject({ version: z.literal(1), current: z.string().nullable(), logins: z.record(z.string(), savedLogin) })
export type SavedLogins = z.infer<typeof savedLogins>

export async function loadLogins(store: TokenStore): Promise<SavedLogins> {
  const text = await store.read()
  if (text === null) return { version: 1, current: null, logins: {} }
  const parsed = savedLogins.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  throw new GatehouseError('config_unreadable', 'the saved sign-ins are damaged; sign in again after deleting logins.json from the Gatehouse folder of your user', { side: 'client' })
}

/** Sets or (null) removes the sign-in of one gateway; the others are read again first, another process may have changed them. */
export async function saveLogin(store: TokenStore, gateway: string, login: SavedLogin | null): Promise<void> {
  const before = await loadLogins(store)
  const { [gateway]: _, ...others } = before.logins
  const logins = login === null ? others : { ...others, [gateway]: login }
  await store.write(`${JSON.stringify({ version: 1, current: gateway, logins } satisfies SavedLogins, null, 2)}\n`)
}
