// What of a principal and a session others may see: claims stay inside.
import type { principalView } from '../../shared/api.ts'
import type { Principal } from '../../shared/principal.ts'
import type { z } from 'zod'

export function viewOfPrincipal({ id, provider, subject, kind, email, groups }: Principal): z.output<typeof principalView> {
  return { id, provider, subject, kind, email, groups: [...groups] }
}
