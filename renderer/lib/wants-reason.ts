// Whether policy wants to be told what a text is for before it is sent: by what is known of it already, else by asking the gateway now.
import type { PreflightStatement } from '../../shared/preflight.ts'
import { preflightCharactersMax } from '../../shared/limits.ts'
import type { Preflight } from './preflight.ts'

export interface Sent { readonly text: string; /** Where it begins in the tab's text. */ readonly base: number }

const isWanted = ({ verdict }: PreflightStatement): boolean => verdict.kind === 'approval' && verdict.wantsReason === true

/** Null: not known of all of it. `preflight`: of the whole text of the tab. */
export function knownToWant(preflight: Preflight, { text, base }: Sent): boolean | null {
  if (preflight.kind !== 'known' || preflight.problem !== null) return null
  const within = preflight.statements.filter(({ start, end }) => start < base + text.length && end > base)
  if (within.some(isWanted)) return true
  return within.length === 0 || within.some(({ verdict }) => verdict.kind === 'unknown') ? null : false
}

export type AskPreflight = (text: string) => Promise<{ readonly statements: readonly PreflightStatement[] }>

/** Where nobody can tell in time it is sent: the gateway refuses it then, asks nobody, and says so. */
export async function wantsReason(ask: AskPreflight, text: string, waitMs: number): Promise<boolean> {
  if (text.length > preflightCharactersMax) return false
  const late = new Promise<boolean>((resolve) => { setTimeout(() => resolve(false), waitMs) })
  return Promise.race([ask(text).then(({ statements }) => statements.some(isWanted), () => false), late])
}
