// Identifiers as PostgreSQL reads them (lexical structure, 4.1.1): bare when it folds to itself and is no keyword, else quoted.

const bare = /^[a-z_][a-z0-9_]*$/
// Reserved words (appendix C) that may not name a table or column without quotes.
const reserved = new Set(`all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation
column concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp
current_user default deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having ilike in
initially inner intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on
only or order outer overlaps placing primary references returning right select session_user similar some symmetric system_user table
tablesample then to trailing true union unique user using variadic verbose when where window with`.split(/\s+/))

export const quoted = (name: string): string => (bare.test(name) && !reserved.has(name) ? name : `"${name.replaceAll('"', '""')}"`)

/** `public` is left out: it is on everyone's search path. */
export const relationName = (schema: string, name: string): string => (schema === 'public' ? quoted(name) : `${quoted(schema)}.${quoted(name)}`)
