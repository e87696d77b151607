// Says to the gateway what the next statements are for: a setting that means nothing to the server, and is read by who approves them
// (gateway/protocols/postgres/reason.ts).
import type { PostgresSession } from './postgres-session.ts'

/** Null: nothing, no longer what was said before. */
export const sayingReason = (reason: string | null): string =>
  (reason === null ? 'reset gatehouse.reason' : `set gatehouse.reason = '${reason.replaceAll('\0', ' ').replaceAll("'", "''")}'`)

/** False: it was not taken (an aborted transaction, an older gateway); then the statements themselves say what is wrong. */
export async function sayReason({ client }: Pick<PostgresSession, 'client'>, reason: string | null): Promise<boolean> {
  try {
    await client.query(sayingReason(reason))
    return true
  } catch {
    return false
  }
}
