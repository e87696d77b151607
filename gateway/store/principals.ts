// Who was ever seen: one row for each principal id, so that sessions and events of years ago still have a name.
import { text, textOrNull } from './columns.ts'
import type { Queries } from './store.ts'

export interface SeenPrincipal { readonly id: string; readonly email: string | null; readonly kind: string }

export async function rememberPrincipal(queries: Queries, principal: SeenPrincipal, at: string): Promise<void> {
  // `<identity entry>:<sub>`: a subject may hold colons, the name of an entry does not.
  const colon = principal.id.indexOf(':')
  await queries.query(
    `insert into gatehouse.principals (id, provider, subject, kind, email, first_seen_at, last_seen_at)
     values ($1::text, $2::text, $3::text, $4::text, $5::text, $6::timestamptz, $6::timestamptz)
     on conflict (id) do update set kind = excluded.kind, email = excluded.email, last_seen_at = greatest(principals.last_seen_at, excluded.last_seen_at)`,
    [text(principal.id), text(principal.id.slice(0, Math.max(colon, 0))), text(principal.id.slice(colon + 1)), principal.kind, textOrNull(principal.email), at],
  )
}
