// What a native client says its commands are for: `SET gatehouse.reason = 'INC-42: …'`, or `-c gatehouse.reason=…` at startup. The server
// takes it as a setting of no meaning (20.16, customized options); who approves reads it. Nothing in a database should hang on it.
import { saysSomething } from '../../../shared/approval.ts'
import type { SqlStatement } from '../../../shared/command.ts'
import { approvalReasonCharactersMax } from '../../../shared/limits.ts'

/** `gatehouse.purpose` is its older name. */
const names: ReadonlySet<string> = new Set(['gatehouse.reason', 'gatehouse.purpose'])

export const isReasonSetting = (name: string | null): boolean => name !== null && names.has(name)

/** As it is kept: one text of bounded length; null: nothing was said. */
export function reasonOf(text: string): string | null {
  const said = Array.from(text.trim()).slice(0, approvalReasonCharactersMax).join('')
  return saysSomething(said) ? said : null
}

/** The last word of a text about it. Undefined: it says nothing of it; `reason` null: back to what was said at startup. */
export function reasonSaid(text: string, statements: readonly SqlStatement[]): { readonly reason: string | null } | undefined {
  const last = statements.findLast(({ tag, setting }) => isReasonSetting(setting) || tag === 'DISCARD' || (tag === 'RESET' && setting === null))
  if (last === undefined) return undefined
  if (isReasonSetting(last.setting)) return { reason: last.tag === 'RESET' ? null : valueIn(text) }
  return /\ball\b/i.test(text) ? { reason: null } : undefined
}

/** A plain string, or one with backslash escapes; anything else a SET may hold is no reason one could read. */
function valueIn(text: string): string | null {
  const said = [...text.matchAll(/\bgatehouse\.(?:reason|purpose)"?\s*(?:=|\bto\b)\s*(?:e'((?:[^'\\]|''|\\[\s\S])*)'|'((?:[^']|'')*)')/gi)].at(-1)
  if (said === undefined) return null
  const [, escaped, plain] = said
  return reasonOf((plain ?? escaped!.replaceAll(/\\([\s\S])/g, '$1')).replaceAll("''", "'"))
}

export const howToSay = "Say what it is for, and run it again: SET gatehouse.reason = 'INC-42: …' in psql, options=-c gatehouse.reason=… of a connection, gatehouse sql --reason '…'."
