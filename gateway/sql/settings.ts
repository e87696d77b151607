// The settings a session may change without a rule, with reasons; anything else is `set` and needs one. Closed by default: a setting
// is here because it changes how the client is talked to or how long it waits, never what it may see, where, or as whom.

interface HarmlessSetting {
  readonly why: string
  /** Values allowed, lower case; left out: any constant. */
  readonly values?: readonly string[]
}

const on = ['on', 'true', 'yes', '1', 't', 'y'] as const

const harmlessSettings: { readonly [name: string]: HarmlessSetting } = {
  // Other encodings could make our lexer and the server read the same bytes differently (CVE-2006-2314 and kin).
  client_encoding: { why: 'every driver sends it', values: ['utf8', 'utf-8', 'unicode'] },
  // Off, a backslash in a string is an escape, and the server reads another statement than we judged.
  standard_conforming_strings: { why: 'libpq and JDBC send it', values: on },
  backslash_quote: { why: 'psql scripts set it', values: ['safe_encoding', 'off'] },
  escape_string_warning: { why: 'a warning' },
  datestyle: { why: 'formats dates' },
  intervalstyle: { why: 'formats intervals' },
  timezone: { why: 'formats times' },
  extra_float_digits: { why: 'JDBC and pg_dump set it; formats floats' },
  bytea_output: { why: 'formats bytea' },
  xmloption: { why: 'pg_dump sets it' },
  lc_messages: { why: 'language of messages' },
  lc_monetary: { why: 'formats money' },
  lc_numeric: { why: 'formats numbers' },
  lc_time: { why: 'formats dates' },
  application_name: { why: 'a label; JDBC, Rails and psql set it' },
  'gatehouse.reason': { why: 'what commands are for, said to who approves them; the server knows nothing of it' },
  'gatehouse.purpose': { why: 'its older name' },
  search_path: { why: 'every ORM sets it; names are then resolved as unknown' },
  statement_timeout: { why: 'the gateway has limits of its own' },
  lock_timeout: { why: 'shorter waits' },
  idle_in_transaction_session_timeout: { why: 'pg_dump sets it; the gateway has limits of its own' },
  idle_session_timeout: { why: 'the gateway has limits of its own' },
  transaction_timeout: { why: 'pg_dump sets it; the gateway has limits of its own' },
  transaction_isolation: { why: 'transaction control' },
  transaction_read_only: { why: 'transaction control; policy decides what writes' },
  transaction_deferrable: { why: 'transaction control' },
  default_transaction_isolation: { why: 'transaction control' },
  default_transaction_read_only: { why: 'transaction control; policy decides what writes' },
  default_transaction_deferrable: { why: 'transaction control' },
  synchronous_commit: { why: 'durability of the own transaction only, and only upward', values: [...on, 'local', 'remote_write', 'remote_apply'] },
  client_min_messages: { why: 'how much the client is told; fewer leaks, not more', values: ['notice', 'warning', 'error'] },
  jit: { why: 'planner' },
  plan_cache_mode: { why: 'planner' },
  enable_seqscan: { why: 'planner' },
  enable_indexscan: { why: 'planner' },
  enable_bitmapscan: { why: 'planner' },
  enable_hashjoin: { why: 'planner' },
  enable_mergejoin: { why: 'planner' },
  enable_nestloop: { why: 'planner' },
  cursor_tuple_fraction: { why: 'planner' },
  synchronize_seqscans: { why: 'pg_dump sets it' },
  quote_all_identifiers: { why: 'pg_dump sets it' },
}

/** `values` as constants; null where one is no constant. RESET and SET TO DEFAULT have none. */
export function isHarmlessSetting(name: string, values: readonly (string | null)[]): boolean {
  if (!Object.hasOwn(harmlessSettings, name)) return false
  const allowed = harmlessSettings[name]?.values
  return values.every((value) => value !== null && (allowed === undefined || allowed.includes(value.toLowerCase())))
}

/** What our reading of statements rests on: with another value the server would run another statement than the one that was judged. */
const readingSettings: ReadonlySet<string> = new Set(['standard_conforming_strings', 'client_encoding'])
/** In place of a setting's name that is computed: any. */
export const anySetting = '*'

export function changesReading(name: string, values: readonly (string | null)[]): boolean {
  return name === anySetting || (readingSettings.has(name) && !isHarmlessSetting(name, values))
}

/** A change of role changes what `$user` in the search path means too. */
export const roleSettings: ReadonlySet<string> = new Set(['role', 'session_authorization'])
export const pathSettings: ReadonlySet<string> = new Set(['search_path', 'role', 'session_authorization'])
