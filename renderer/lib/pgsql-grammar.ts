// How PostgreSQL's SQL is coloured: its lexical structure (manual 4.1), as a Monarch grammar. Monaco's own one knows neither dollar
// quotes nor nested comments, and what looks like a comment and runs, or the other way round, deceives the one who presses Run.
import type { languages } from 'monaco-editor/editor/editor.api'

const keywords = `abort absolute access action add admin after aggregate all also alter always analyse analyze and any array as asc asymmetric at atomic
attach before begin between by cache call cascade case cast chain check checkpoint class close cluster collate column columns comment commit committed
concurrently conflict constraint constraints copy create cross csv cube current current_catalog current_date current_role current_schema current_time
current_timestamp current_user cursor cycle data database deallocate declare default deferrable deferred delete delimiter desc detach discard distinct do
domain drop each else enable encoding end escape except exclude execute exists explain extension external false fetch filter first following for foreign
format from full function generated global grant group grouping groups having header hold identity if ignore ilike immediate immutable in include increment
index inherit inherits initially inner insert instead intersect into is isnull isolation join key language last lateral leading left level like limit listen
local localtime localtimestamp lock locked logged match materialized matched maxvalue merge minvalue mode move natural next no not nothing notify notnull
nowait null nulls of off offset on only operator option or order ordinality others out outer over overlaps owned owner parallel partition password placing
plans policy preceding prepare prepared preserve primary privileges procedure program publication quote range read reassign recursive references refresh
reindex release rename repeatable replace replica reset restart restrict return returning returns revoke right role rollback rollup routine row rows rule
savepoint schema scroll search security select sequence serializable server session session_user set sets share show similar skip some stable start
statement statistics stdin stdout storage stored strict subscription symmetric system table tables tablesample tablespace temp template temporary then ties
to trailing transaction trigger true truncate trusted type unbounded uncommitted union unique unknown unlisten unlogged until update user using vacuum
valid values variadic verbose version view views volatile when where window with within without work write`.split(/\s+/)

const types = `bigint bigserial bit bool boolean box bytea char character cidr circle date decimal double float float4 float8 inet int int2 int4 int8 integer
interval json jsonb line lseg macaddr money name numeric oid path point polygon precision real regclass regtype serial smallint smallserial text time
timestamp timestamptz timetz tsquery tsvector uuid varbit varchar varying xml zone`.split(/\s+/)

export const grammar: languages.IMonarchLanguage = {
  defaultToken: '', ignoreCase: true, unicode: true, keywords, types,
  brackets: [{ open: '[', close: ']', token: 'delimiter.square' }, { open: '(', close: ')', token: 'delimiter.parenthesis' }],
  tokenizer: {
    root: [
      [/--.*$/, 'comment'],
      [/\/\*/, { token: 'comment', next: '@comment' }],
      [/\$\$/, { token: 'string', next: '@dollars' }],
      [/\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)\$/, { token: 'string', next: '@dollar.$1' }],
      [/\$\d+/, 'number'],
      // `e'…'` has backslash escapes, the others have none.
      [/e'/, { token: 'string', next: '@escaped' }],
      [/(?:[nbx]|u&)?'/, { token: 'string', next: '@string' }],
      [/(?:u&)?"/, { token: 'identifier', next: '@quoted' }],
      [/0x[\da-f_]+|0o[0-7_]+|0b[01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d+)?/, 'number'],
      [/[a-z_\u0080-\uffff][\w$\u0080-\uffff]*(?=\s*\()/, { cases: { '@keywords': 'keyword', '@types': 'type', '@default': 'predefined' } }],
      [/[a-z_\u0080-\uffff][\w$\u0080-\uffff]*/, { cases: { '@keywords': 'keyword', '@types': 'type', '@default': 'identifier' } }],
      [/[()[\]]/, '@brackets'],
      [/[;,.:]/, 'delimiter'],
      [/[-+*/<>=~!@#%^&|`?]+?/, 'operator'],
    ],
    // They nest: PostgreSQL goes on where other databases stop.
    comment: [[/\/\*/, { token: 'comment', next: '@push' }], [/\*\//, { token: 'comment', next: '@pop' }], [/[^/*]+|./, 'comment']],
    dollars: [[/[^$]+/, 'string'], [/\$\$/, { token: 'string', next: '@pop' }], [/\$/, 'string']],
    dollar: [
      [/[^$]+/, 'string'],
      [/\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)\$/, { cases: { '$1==$S2': { token: 'string', next: '@pop' }, '@default': 'string' } }],
      [/\$/, 'string'],
    ],
    escaped: [[/[^\\']+|\\.|''|\\$/, 'string'], [/'/, { token: 'string', next: '@pop' }]],
    string: [[/[^']+|''/, 'string'], [/'/, { token: 'string', next: '@pop' }]],
    quoted: [[/[^"]+|""/, 'identifier'], [/"/, { token: 'identifier', next: '@pop' }]],
  },
}

export const configuration: languages.LanguageConfiguration = {
  comments: { lineComment: '--', blockComment: ['/*', '*/'] },
  brackets: [['[', ']'], ['(', ')']],
  autoClosingPairs: [{ open: '[', close: ']' }, { open: '(', close: ')' }, { open: '"', close: '"', notIn: ['string', 'comment'] }, { open: "'", close: "'", notIn: ['string', 'comment'] }],
  surroundingPairs: [{ open: '[', close: ']' }, { open: '(', close: ')' }, { open: '"', close: '"' }, { open: "'", close: "'" }],
  wordPattern: /[\p{L}_][\p{L}\p{N}_$]*/u,
}
