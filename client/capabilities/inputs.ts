// The edge: every argument of every call is parsed here before a capability sees it, whoever sent it.
import { z } from 'zod'
import type { IpcCallName, IpcInput } from '../../shared/ipc.ts'
import { pageRowsMax } from '../../shared/limits.ts'
import { sqlTextCharactersMax } from '../limits.ts'

const nothing = z.null()
const name = z.string().min(1).max(200)
const id = z.string().min(1).max(100)
const connection = z.strictObject({ connection: name })
const editor = z.strictObject({ editor: id })

export const inputs = {
  'app.info': nothing,
  'login.state': nothing,
  'login.gateway': z.strictObject({ url: z.string().min(1).max(2_000) }),
  'login.start': z.strictObject({ provider: name }),
  'login.cancel': nothing,
  'login.logout': nothing,
  'connections.list': nothing,
  'connections.native': connection,
  'connections.listen': connection,
  'connections.unlisten': connection,
  'sql.open': connection,
  'sql.close': editor,
  'sql.run': z.strictObject({ editor: id, text: z.string().max(sqlTextCharactersMax) }),
  'sql.cancel': editor,
  'sql.page': z.strictObject({ result: id, offset: z.number().int().min(0), count: z.number().int().min(0).max(pageRowsMax) }),
  'sql.split': z.strictObject({ text: z.string().max(sqlTextCharactersMax) }),
  'sql.schema': connection,
  'sessions.list': z.strictObject({ connection: z.exactOptional(name), before: z.exactOptional(id) }),
  'sessions.frames': z.strictObject({ session: id, after: z.number().int().min(-1) }),
  'sessions.verify': z.strictObject({ session: id }),
  'settings.get': nothing,
  'settings.set': z.strictObject({
    theme: z.exactOptional(z.enum(['system', 'light', 'dark'])),
    editorFontSize: z.exactOptional(z.number().int().min(8).max(40)),
    gateway: z.exactOptional(z.string().max(2_000).nullable()),
  }),
} as const satisfies { readonly [N in IpcCallName]: z.ZodType<IpcInput<N>> }
