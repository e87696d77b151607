// One error class, one closed union of codes. An expected outcome (deny, not found, expired) is a value; this is for surprises
// and for bad input at the edges. docs/errors.md lists every code; errors.test.ts compares the two.

export const errorCodes = {
  config_invalid: 'gateway.yaml or a policy file is wrong; the message names file, line and what was expected',
  config_unreadable: 'a file that the configuration names cannot be read',
  secret_unavailable: 'a secret reference ({env:}, {file:}) gives nothing',
  port_taken: 'a port to listen on is in use',
  not_permitted: 'the operating system refused something the command needs',
  token_missing: 'no token was sent',
  token_invalid: 'the token is malformed, wrongly signed, or of an unknown issuer',
  token_expired: 'the token has expired',
  token_revoked: 'the token was revoked',
  provider_unreachable: 'the keys of the sign-in provider cannot be read, so its tokens cannot be checked',
  login_failed: 'sign-in did not finish',
  not_signed_in: 'nobody is signed in to this gateway',
  connection_unknown: 'no such connection, or none that this principal has any rule on',
  session_unknown: 'no such session, or not one this principal may see',
  approval_unknown: 'no such approval, or not one this principal asked for or could decide',
  approval_closed: 'the approval is decided, expired, withdrawn or used, and takes no more answers',
  already_decided: 'this person has decided this approval already; a decision is final',
  forbidden: 'the caller is known and may not do this',
  not_found: 'no such thing',
  input_invalid: 'a request or message does not have the expected shape',
  limit_exceeded: 'a named limit was exceeded',
  handshake_timeout: 'the client did not finish its handshake in time',
  protocol_violation: 'the peer sent bytes that its protocol does not allow',
  upstream_unreachable: 'the target cannot be reached',
  upstream_rejected: 'the target refused our credential or our settings',
  upstream_lost: 'the target closed the connection',
  sql_unparsable: 'the statement is not valid PostgreSQL, or is newer than the parser',
  parser_lost: 'the SQL parser failed; the statement was refused',
  catalog_unavailable: 'the catalog of the database cannot be read, so nothing can be decided',
  recorder_failed: 'the recording cannot be written, so nothing may go on',
  recording_damaged: 'a recording does not verify',
  store_unavailable: 'the store does not answer',
  gateway_stopping: 'the gateway is stopping, or has not started yet, and takes no new work',
  gateway_unreachable: 'the gateway cannot be reached',
  gateway_untrusted: "the gateway's certificate is not trusted",
  internal: 'a fault of ours; the log has the cause',
} as const satisfies Record<string, string>

export type ErrorCode = keyof typeof errorCodes

/** Whose fault: what called us, what we called, or ourselves. */
export type ErrorSide = 'client' | 'upstream' | 'gateway'

/** `message` says what, why and what to do next, in one line, without payload data or secrets. */
export class GatehouseError extends Error {
  override readonly name = 'GatehouseError'
  readonly code: ErrorCode
  readonly side: ErrorSide

  constructor(code: ErrorCode, message: string, options: { readonly side?: ErrorSide; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.side = options.side ?? 'gateway'
  }
}

/** For the last line of a switch over a union: a new member without a case is a type error. */
export function assertNever(value: never): never {
  throw new GatehouseError('internal', `unexpected ${JSON.stringify(value)}`)
}
