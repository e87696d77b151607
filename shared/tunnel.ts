// The tunnel's control frames: WebSocket text frames beside the binary ones that carry protocol bytes. Either side may send `close`.
import { z } from 'zod'
import { tokenCharactersMax } from './limits.ts'

export const tunnelControl = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('renew'), token: z.string().max(tokenCharactersMax) }),
  z.strictObject({ type: z.literal('renewed'), expiresAt: z.string() }),
  z.strictObject({ type: z.literal('close'), reason: z.string().max(1000) }),
])
export type TunnelControl = z.infer<typeof tunnelControl>
