// Ids of approvals, grants and holds: a prefix and a ULID, so that they sort by time and nobody guesses another's.
import { randomBytes } from 'node:crypto'
import { makeSessionId, sessionIdRandomBytes } from '../../shared/session-id.ts'

export const newId = (prefix: 'ap' | 'gr' | 'ho', now: number): string => makeSessionId(now, randomBytes(sessionIdRandomBytes)).replace('se', prefix)
