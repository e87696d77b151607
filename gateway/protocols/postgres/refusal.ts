// A refusal in PostgreSQL's tongue: ErrorResponse with the SQLSTATE a client expects (errcodes appendix of the manual).
import { assertNever } from '../../../shared/errors.ts'
import type { Refusal } from '../../pipeline/refusal.ts'
import { encodeError } from './codec/backend.ts'

export function sqlState({ kind }: Refusal): string {
  switch (kind) {
    case 'denied':
    case 'needs-approval': return '42501' // insufficient_privilege
    case 'limit': return '54000' // program_limit_exceeded
    case 'invalid': return '42601' // syntax_error
    case 'unsupported': return '0A000' // feature_not_supported
    case 'cancelled': return '57014' // query_canceled
    case 'unavailable': return '58000' // system_error
    case 'unrecorded': return '58030' // io_error
    default: return assertNever(kind)
  }
}

export function refusalMessage(refusal: Refusal, text = ''): Buffer {
  return encodeError({
    severity: 'ERROR', code: sqlState(refusal), message: refusal.message,
    ...(refusal.hint !== undefined && { hint: refusal.hint }),
    ...(refusal.position !== undefined && { position: characters(text, refusal.position) }),
  })
}

/** The last words of a session. */
export function farewell(code: string, message: string): Buffer {
  return encodeError({ severity: 'FATAL', code, message })
}

/** PostgreSQL counts characters from 1; a UTF-16 offset counts code units. */
function characters(text: string, offset: number): number {
  return Array.from(text.slice(0, offset)).length + 1
}
