// A refusal's sentence taken apart for people: `… denied by rule never (policy shop): drop is not allowed`. What does not have that
// form is shown whole; nothing is guessed.
import type { SqlError } from '../../shared/ipc.ts'

export interface Refusal {
  /** Who refused, for the panel's head. */
  readonly title: string
  /** It would be asked about, with a reason. */
  readonly wantsReason: boolean
  readonly rule: string | null
  readonly policy: string | null
  readonly reason: string
  /** What the person can do, in plain words. */
  readonly advice: string
}

const byRule = /(?:denied|held) by rule (\S+) \(policy ([^)\s]+)\)(?: for [^:]+)?:?\s*(.*)$/s

/** By a person, or by their silence (gateway/pipeline/hold.ts). */
const byPeople = /^(?:denied by \S+ \(approval (?:ap_\w+), rule (\S+) \(policy ([^)\s]+)\)\)|approval ap_\w+ (?:has expired|was withdrawn))(?:: (.*?))?(?: \(rule (\S+) \(policy ([^)\s]+)\)\))?$/s

const byMasking = /^denied by masking: /

export function refusalOf({ code, message, hint }: Pick<SqlError, 'code' | 'message' | 'hint'>): Refusal {
  const wantsReason = /nobody was asked, for the rule wants a reason/.test(message)
  const title = wantsReason ? 'A reason is wanted' : byMasking.test(message) ? 'Refused by masking' : code === '54000' ? 'Stopped at a limit' : 'Refused by policy'
  const people = byPeople.exec(message)
  if (people !== null) {
    const [, deniedRule, deniedPolicy, why, rule, policy] = people
    return { title, wantsReason, rule: deniedRule ?? rule ?? null, policy: deniedPolicy ?? policy ?? null, reason: sentence(why ?? 'no reason was given'), advice: hint ?? 'Nothing was sent to the database. Running it again asks again.' }
  }
  const match = byRule.exec(message)
  const reason = sentence(match?.[3] ?? message.replace(byMasking, ''))
  return { title, wantsReason, rule: match?.[1] ?? null, policy: match?.[2] ?? null, reason, advice: hint ?? adviceFor(code, message) }
}

/** The reason of a recorded verdict without the rule and policy that stand beside it. */
export function bareReason(reason: string): string {
  return byRule.exec(reason)?.[3] ?? reason.replace(byMasking, '')
}

function adviceFor(code: string, message: string): string {
  // program_limit_exceeded: the rows had begun to come.
  if (code === '54000') return 'Ask for fewer rows: a narrower WHERE, or a LIMIT.'
  if (/needs approval/i.test(message)) return 'Ask an approver to run it, or ask the owner of the policy for a rule that allows it.'
  if (/masked/i.test(message)) return 'Take the masked column out of that part of the statement, or compare it with = and a constant.'
  if (/no rule/i.test(message)) return 'Ask the owner of the policy for a rule that allows this.'
  return 'Nothing was sent to the database. If you need this, ask the owner of the policy.'
}

/** A name that stands first keeps its case: `public.customers.email is masked for you`. */
function sentence(text: string): string {
  const trimmed = text.trim()
  const first = /^\S+[._(]\S/.test(trimmed) ? trimmed : trimmed.charAt(0).toUpperCase() + trimmed.slice(1)
  return /[.!?]$/.test(first) || first === '' ? first : `${first}.`
}
