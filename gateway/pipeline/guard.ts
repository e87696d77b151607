// What a principal with masks may not do although policy allows the statement: ways by which a masked value would leave in
// another column, table or message (design.md §5). Closed first: it refuses whole constructs; what lineage tells exactly is for predicates.ts and the plan.
import type { ResolvedStatement, SqlCommandFacts, SqlStatement } from '../../shared/command.ts'
import type { CopyPlan } from '../masking/copy-plan.ts'
import { pinsFor } from '../policy/pins.ts'
import { isRevealingCatalog } from '../sql/free-catalog.ts'
import { objectionToCalls, userCalls } from '../sql/functions/calls.ts'
import type { Access } from './access.ts'
import type { Refusal } from './refusal.ts'

export interface GuardInputs {
  readonly facts: SqlCommandFacts
  readonly isTainted: boolean
  readonly callsUserFunction: boolean
  /** Of the statement at this place. */
  readonly copies: (statement: number) => CopyPlan | null
}

/** Null: nothing to object. Asked only after policy has allowed the command. */
export function guard(access: Access, inputs: GuardInputs): Refusal | null {
  const reading = inputs.facts.statements.find(({ statement }) => statement.readingSetting !== undefined)
  if (reading !== undefined) return readingRefusal(reading.statement.readingSetting!)
  if (!access.isMasked) return null
  for (const statement of inputs.facts.statements) {
    const message = objection(access, statement, inputs)
    if (message !== null) return { kind: 'denied', message: `denied by masking: ${message}`, hint: 'Ask for an exception from the mask, or leave the masked columns out.' }
  }
  return null
}

/** For everyone, whatever policy allows: with it, every later statement could be another than the one that is judged. */
function readingRefusal(setting: string): Refusal {
  if (setting === '*') return { kind: 'denied', message: 'a setting is changed whose name is not a constant, so it is not known which', hint: 'Write the name as a constant.' }
  return { kind: 'denied', message: `${setting} may not be changed: Gatehouse reads statements as UTF8 with standard strings` }
}

function objection(access: Access, resolved: ResolvedStatement, inputs: GuardInputs): string | null {
  const { statement } = resolved
  const { isTainted } = inputs
  const called = objectionToCalls(statement, access.catalog, isTainted) ?? objectionToUsers(access, resolved, inputs)
  if (called !== null) return called
  const revealing = relationsOf(resolved).find(isRevealingCatalog)
  if (revealing !== undefined) return `${revealing} repeats values or statements of others`
  if (statement.kind === 'do') return 'DO runs code that is not seen'
  if (resolved.accesses.some(({ kind }) => kind === 'copy-file' || kind === 'copy-program')) return 'COPY with a file or a program of the server carries rows past the masks'
  if (unseenCode.has(statement.tag)) return `${statement.tag} makes code that is not seen`
  const changed = changedMasked(access, resolved)
  if (changed !== undefined) return `${changed} has columns that are masked for you, so its definition is not yours to change`
  if (!isTainted) return null
  const copying = isCopyOut(resolved) ? copyObjection(inputs.copies(inputs.facts.statements.indexOf(resolved)), statement) : null
  if (copying !== null) return copying
  if (statement.accesses.some(({ kind }) => kind === 'explain-analyze')) return 'EXPLAIN ANALYZE shows how masked values filter'
  return (statement.isCopyingWrite || defines(resolved) ? copied(access, resolved) : null) ?? rewritten(access, resolved)
}

/** An equality with what is left of a value after `left(email, 1)`, or NULL after `nullif(…)`, asks what may not be asked of the value itself. */
function rewritten({ bound }: Access, resolved: ResolvedStatement): string | null {
  const { rewrites = [] } = resolved.statement
  // A view may have its columns under other names.
  const name = relationsOf(resolved).some((one) => bound.derivedNames.has(one)) ? rewrites[0] : rewrites.find((one) => bound.columnNames.has(one))
  return name === undefined ? null : `the masked column ${name} may not be written from its own value, for what is left of it can be compared; give it a constant or a parameter`
}

/**
 * Functions of the database's own: nobody sees from here what they read. Pinned ones may be called; what they give is masked all the
 * same, and written only where the pin says that it holds nothing but their arguments.
 */
function objectionToUsers(access: Access, resolved: ResolvedStatement, { facts, callsUserFunction }: GuardInputs): string | null {
  const calls = userCalls(resolved, access.catalog, pinsFor(access.snapshot, access.connection))
  const unpinned = calls.find(({ pin, mayBeColumn }) => pin === 'none' && !mayBeColumn)
  if (unpinned !== undefined && facts.statements.some((one) => touchesMasked(access, one))) {
    return `${unpinned.name}() is a function of this database that no policy has pinned as it is now, so it may not be called where masked columns are read`
  }
  if (!writes(resolved) || !callsUserFunction) return null
  const unseen = calls.find(({ pin }) => pin !== 'arguments')
  if (unseen !== undefined) return `a statement that writes may not call ${unseen.name}(), of which no policy says that it gives nothing but its arguments`
  return callsUnnamed(access, resolved) ? 'a statement that writes may not call functions whose bodies are not seen' : null
}

/** It calls functions of the database's own, and each of them by a name that policy has pinned. */
export function callsOnlyPinned(access: Access, { statements }: SqlCommandFacts): boolean {
  const calls = statements.flatMap((one) => userCalls(one, access.catalog, pinsFor(access.snapshot, access.connection)))
  return calls.length > 0 && calls.every(({ pin }) => pin !== 'none') && !statements.some((one) => callsUnnamed(access, one))
}

/** By a name that the catalog does not know too: it may have masked columns. */
function touchesMasked({ bound, catalog }: Access, resolved: ResolvedStatement): boolean {
  return resolved.accesses.some(({ kind, relations }) => relations.some((name) => bound.tainted.has(name) || (kind === 'select' && !catalog.byName.has(name))))
}

/** By operators and casts that run bodies, and views that call functions: no name in the text says so. */
function callsUnnamed({ catalog }: Access, resolved: ResolvedStatement): boolean {
  return catalog.hasUnseenCalls === true || relationsOf(resolved).some((name) => catalog.opaqueViews?.has(name) === true)
}

/** What later runs by a name that says nothing: functions, and what calls them without looking like a call. */
const unseenCode = new Set(['CREATE FUNCTION', 'CREATE PROCEDURE', 'CREATE AGGREGATE', 'CREATE OPERATOR', 'CREATE OPERATOR CLASS', 'CREATE CAST',
  'CREATE CONVERSION', 'CREATE TRANSFORM', 'CREATE LANGUAGE', 'CREATE EXTENSION', 'CREATE EVENT TRIGGER'])

/** Masks go by name: a masked table that is renamed, rewritten or given a trigger would show its values elsewhere. */
function changedMasked({ bound }: Access, { statement, accesses }: ResolvedStatement): string | undefined {
  if (statement.tag === 'CREATE INDEX') return undefined
  return accesses.filter(({ kind }) => kind === 'alter' || kind === 'create').flatMap(({ relations }) => relations).find((name) => bound.tainted.has(name))
}

/** A foreign key to masked columns, which asks for them; a view or rule over them: another name for them, not known as such until it is committed and the catalog was read again. */
function defines({ statement, accesses }: ResolvedStatement): boolean {
  return statement.tag !== 'CREATE INDEX' && (statement.tag === 'ALTER TABLE' || accesses.some(({ kind }) => kind === 'create'))
}

function relationsOf({ accesses }: ResolvedStatement): readonly string[] {
  return accesses.flatMap(({ relations }) => relations)
}

function isCopyOut({ statement, accesses }: ResolvedStatement): boolean {
  return statement.tag === 'COPY' && !accesses.some(({ kind }) => kind === 'insert')
}

/** COPY TO is masked cell by cell, where its columns are known and its rows can be taken apart. */
function copyObjection(plan: CopyPlan | null, { copyOut }: SqlStatement): string | null {
  if (plan === null) return 'which columns COPY would carry out is not known, and some may be masked for you; use SELECT'
  if (plan.client === null || (copyOut !== undefined && copyOut !== 'other')) return null
  return 'COPY would carry columns that are masked for you, with options under which they cannot be masked; use the format text, csv or binary without ENCODING'
}

const writeKinds = new Set(['insert', 'update', 'merge', 'create', 'alter', 'copy-in', 'notify'])

function writes({ accesses }: ResolvedStatement): boolean {
  return accesses.some(({ kind }) => writeKinds.has(kind))
}

/** By a masked column's name alone: an alias cannot hide it, a namesake is refused too; of a view over masked columns, any column. */
function copied(access: Access, resolved: ResolvedStatement): string | null {
  const view = relationsOf(resolved).find((name) => access.bound.derivedNames.has(name))
  if (view !== undefined) return `a statement that writes may not read ${view}, a view over masked columns`
  const unknown = resolved.accesses.filter(({ kind }) => kind === 'select').flatMap(({ relations }) => relations).find((name) => !access.catalog.byName.has(name))
  if (unknown !== undefined) return `a statement that writes may not read ${unknown}, of which nothing is known yet`
  const read = resolved.statement.columns.find(({ name, use }) => use === 'read' && (name === '*' || access.bound.columnNames.has(name)))
  return read === undefined ? null : `a statement that writes may not read the masked column ${read.name}`
}
