// What a rejected call becomes. Hosts reject with an IpcFailure-shaped value; over Electron's context bridge an Error keeps its
// message only, so the code may be missing.
import { errorCodes, type ErrorCode } from '../../shared/errors.ts'
import type { IpcFailure } from '../../shared/ipc.ts'

const isCode = (value: unknown): value is ErrorCode => typeof value === 'string' && Object.hasOwn(errorCodes, value)

export function failureOf(reason: unknown): IpcFailure {
  if (typeof reason !== 'object' || reason === null) return { code: 'internal', message: String(reason) }
  const { code, message } = reason as { readonly code?: unknown; readonly message?: unknown }
  return { code: isCode(code) ? code : 'internal', message: typeof message === 'string' && message !== '' ? message : 'The host gave no reason.' }
}

/** A title in plain words for the codes people meet; the message says the rest. */
const titles: Partial<Record<ErrorCode, string>> = {
  gateway_unreachable: 'The gateway cannot be reached',
  gateway_untrusted: "The gateway's certificate is not trusted",
  not_signed_in: 'You are signed out',
  token_expired: 'Your sign-in has expired',
  token_revoked: 'Your sign-in was revoked',
  login_failed: 'Sign-in did not finish',
  connection_unknown: 'No such connection',
  session_unknown: 'No such session',
  forbidden: 'You may not see this',
  recording_damaged: 'The recording does not verify',
  catalog_unavailable: 'The database catalog cannot be read',
  upstream_unreachable: 'The database cannot be reached',
  limit_exceeded: 'A limit was exceeded',
}

export const failureTitle = (failure: IpcFailure): string => titles[failure.code] ?? 'Something went wrong'
