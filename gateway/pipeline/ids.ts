// New ids, with chance from the operating system.
import { randomBytes } from 'node:crypto'
import { makeSessionId, sessionIdRandomBytes } from '../../shared/session-id.ts'

export function sessionId(): string {
  return makeSessionId(Date.now(), randomBytes(sessionIdRandomBytes))
}
