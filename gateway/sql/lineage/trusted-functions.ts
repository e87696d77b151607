// Functions of PostgreSQL's own that are not immutable, and yet give nothing but their arguments, the clock, chance, who is asking,
// definitions or sizes. What is not immutable and not here is unknown: files, settings (set_config can put a value into one),
// statistics, other sessions, large objects, and whatever runs a text as SQL. Their reasons: ../functions/harmless.ts.
import { followedFunctions } from '../functions/harmless.ts'

/** They or their arguments can be noticed elsewhere, but their result is chance, a counter, a lock taken, or nothing. */
const withEffects = `random random_normal array_sample array_shuffle txid_current pg_current_xact_id nextval pg_sleep pg_sleep_for pg_sleep_until pg_advisory_lock pg_advisory_lock_shared pg_advisory_unlock pg_advisory_unlock_shared
  pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared`

export const trustedFunctions: ReadonlySet<string> = new Set([...followedFunctions, ...withEffects.split(/\s+/)])

/** Their result is a number of rows: arguments, order and partition decide it, and none can be read out of it. */
export const countingFunctions: ReadonlySet<string> = new Set(['count', 'row_number', 'rank', 'dense_rank', 'percent_rank', 'cume_dist'])
