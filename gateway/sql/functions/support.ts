// PostgreSQL's functions that SQL cannot call: they take or give `internal`, or belong to triggers, event triggers and handlers.
// They are named so that nothing is left unclassified; a call of one is refused here before the server refuses it.

const patterns: readonly RegExp[] = [
  // What types receive in binary, and how planner, statistics and index methods ask them.
  /_?recv$/, /(?:join)?sel$/, /_typanalyze$/, /handler$/, /_(?:trans|final)fn$/,
  /^RI_FKey_/, /^tsvector_update_trigger/, /^(?:suppress_redundant_updates_trigger|unique_key_recheck)$/, /^pg_event_trigger_/,
  /^(?:bernoulli|system)$/, /^dsnowball_(?:init|lexize)$/, /^(?:fmgr_(?:c|internal|sql)|plpgsql)_validator$/,
]

export const isSupportFunction = (name: string): boolean => patterns.some((pattern) => pattern.test(name))
