// Statements about the session: transactions, settings, cursors and prepared names, notifications; and which of them are harmless.
import { addAccess, type Context } from './collector.ts'
import type { Describers, Description } from './describe.ts'
import { changesReading, isHarmlessSetting, pathSettings, roleSettings } from './settings.ts'
import { constantOf, listOf, text, type Fields } from './tree.ts'

/** Two-phase commit outlives the session and can finish what someone else began. */
const twoPhase: ReadonlySet<unknown> = new Set(['TRANS_STMT_PREPARE', 'TRANS_STMT_COMMIT_PREPARED', 'TRANS_STMT_ROLLBACK_PREPARED'])

const transactionTags: { readonly [kind: string]: string } = {
  TRANS_STMT_BEGIN: 'BEGIN', TRANS_STMT_START: 'START TRANSACTION', TRANS_STMT_COMMIT: 'COMMIT', TRANS_STMT_ROLLBACK: 'ROLLBACK',
  TRANS_STMT_SAVEPOINT: 'SAVEPOINT', TRANS_STMT_RELEASE: 'RELEASE', TRANS_STMT_ROLLBACK_TO: 'ROLLBACK', TRANS_STMT_PREPARE: 'PREPARE TRANSACTION',
  TRANS_STMT_COMMIT_PREPARED: 'COMMIT PREPARED', TRANS_STMT_ROLLBACK_PREPARED: 'ROLLBACK PREPARED',
}

export const sessionStatements: Describers = {
  TransactionStmt: (fields, context) => {
    addAccess(context, 'transaction', null)
    return { kind: 'transaction', tag: transactionTags[text(fields['kind']) ?? ''] ?? 'TRANSACTION', isHarmless: !twoPhase.has(fields['kind']) }
  },
  ConstraintsSetStmt: (_fields, context) => {
    addAccess(context, 'transaction', null)
    return { kind: 'transaction', tag: 'SET CONSTRAINTS', isHarmless: true }
  },
  VariableSetStmt: set,
  VariableShowStmt: (_fields, context) => {
    addAccess(context, 'show', null)
    return { kind: 'show', tag: 'SHOW', isHarmless: true }
  },
  DiscardStmt: (fields, context) => {
    addAccess(context, 'session', null)
    const isAll = fields['target'] === undefined || fields['target'] === 'DISCARD_ALL'
    return { kind: 'session', tag: 'DISCARD', isHarmless: true, setsSearchPath: isAll, deallocates: isAll ? '*' : null, closes: isAll ? '*' : null }
  },
  DeallocateStmt: (fields, context) => {
    addAccess(context, 'session', null)
    return { kind: 'session', tag: 'DEALLOCATE', isHarmless: true, deallocates: text(fields['name']) ?? '*' }
  },
  ClosePortalStmt: (fields, context) => {
    addAccess(context, 'session', null)
    return { kind: 'session', tag: 'CLOSE CURSOR', isHarmless: true, closes: text(fields['portalname']) ?? '*' }
  },
  // Payloads are rows as often as not, so hearing them needs a rule; ceasing to listen does not.
  ListenStmt: (_fields, context) => {
    addAccess(context, 'listen', null)
    return { kind: 'listen', tag: 'LISTEN' }
  },
  UnlistenStmt: (_fields, context) => {
    addAccess(context, 'listen', null)
    return { kind: 'listen', tag: 'UNLISTEN', isHarmless: true }
  },
  NotifyStmt: (_fields, context) => {
    addAccess(context, 'notify', null)
    return { kind: 'notify', tag: 'NOTIFY' }
  },
}

function set(fields: Fields, context: Context): Description {
  const name = text(fields['name'])?.toLowerCase() ?? null
  const isReset = fields['kind'] === 'VAR_RESET' || fields['kind'] === 'VAR_RESET_ALL'
  const tag = isReset ? 'RESET' : 'SET'
  if (name !== null && roleSettings.has(name)) {
    addAccess(context, 'set-role', null)
    return { kind: 'set-role', tag, setting: name, setsSearchPath: true }
  }
  addAccess(context, 'set', null)
  // RESET ALL keeps role and session_authorization (GUC_NO_RESET_ALL); it does bring back the search path of the start.
  if (fields['kind'] === 'VAR_RESET_ALL') return { kind: 'set', tag, isHarmless: true, setsSearchPath: true }
  if (fields['kind'] === 'VAR_SET_MULTI') return { kind: 'set', tag, setting: name, isHarmless: name === 'transaction' || name === 'session characteristics' }
  const values = listOf(fields['args']).map((item) => constantOf(item) ?? null)
  if (name !== null && changesReading(name, values)) context.into.readingSetting = name
  return {
    kind: 'set', tag, setting: name, setsSearchPath: name !== null && pathSettings.has(name),
    isHarmless: name !== null && fields['kind'] !== 'VAR_SET_CURRENT' && isHarmlessSetting(name, values),
  }
}
