// Who must agree to a grant: everybody whom some approve rule could ask about a statement of its class. Rather one too many than one
// too few, so what cannot be told apart counts as overlapping. Pure.
import type { ApprovalNeed, GrantClass } from '../../shared/approval.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Principal } from '../../shared/principal.ts'
import type { KubernetesRuleBody } from '../../shared/policy/kubernetes-body.ts'
import { noNamespace, placeOf } from '../../shared/policy/kubernetes-place.ts'
import { isPrivilege } from '../../shared/policy/kubernetes-words.ts'
import type { SqlBody } from '../../shared/policy/sql-body.ts'
import { viewOf } from '../policy/compile.ts'
import type { PolicySnapshot } from '../policy/snapshot.ts'

/** Null: no rule asks. */
export function needForGrant(snapshot: PolicySnapshot, principal: Principal, connection: ConnectionSummary, wanted: GrantClass): ApprovalNeed | null {
  const asking = viewOf(snapshot, principal, connection).approve.filter(({ rule: { body } }) => (body.kind === 'sql' ? mayMeetSql(wanted, body) : mayMeetKubernetes(wanted, body)))
  const needs = asking.flatMap(({ rule: { need } }) => (need === null ? [] : [need]))
  const [first, ...also] = needs
  return first === undefined ? null : { ...first, withinMs: Math.min(...needs.map(({ withinMs }) => withinMs)), also }
}

const mayMeetSql = (wanted: GrantClass, body: SqlBody): boolean => overlaps(wanted.kinds, kindsOf(body), isSameKind) && isOnSame(wanted.on, body.on)

/** Names, groups, commands and fields are no part of a grant's class: whatever of them the rule asks for may come. */
function mayMeetKubernetes({ kinds, on }: GrantClass, { words, resources, namespaces }: KubernetesRuleBody): boolean {
  if (!overlaps(kinds, words, mayAsk)) return false
  return on === null || on.map(placeOf).some((place) => mayMeetAny(place.resource, resources) && (place.namespace === noNamespace || mayMeetAny(place.namespace, namespaces)))
}

/** Whether a rule of this word may ask about requests that a grant of that word opens. A grant has to name a privilege, and what has one has a verb too, whichever. */
function mayAsk(granted: string, word: string): boolean {
  if (isPrivilege(word)) return granted === word
  if (isPrivilege(granted) || granted === '*' || word === '*' || granted === word) return true
  return askedToo[granted]?.includes(word) === true
}

/** What is applied or updated may be created, an eviction is created and deletes, and what deletes one may be one of many. */
const askedToo: Readonly<Record<string, readonly string[]>> = {
  create: ['delete', 'mass-delete'], update: ['create'], patch: ['create'], delete: ['mass-delete'], deletecollection: ['delete', 'mass-delete'], 'mass-delete': ['delete', 'deletecollection'],
}

const mayMeetAny = (glob: string, globs: readonly string[] | null): boolean => globs === null || globs.some((other) => glob === '*' || other === '*' || mayPartsMeet(glob, other))

/** With columns, a rule of `select` is about what an UPDATE or DELETE reads too. */
const kindsOf = ({ kinds, columns }: SqlBody): readonly string[] => (columns === null ? kinds : ['*'])

const overlaps = <T>(some: readonly T[], others: readonly T[], meets: (a: T, b: T) => boolean): boolean => some.some((one) => others.some((other) => meets(one, other)))

/** `update` and `update-without-where` come together. */
const isSameKind = (a: string, b: string): boolean => a === '*' || b === '*' || a === b || a.startsWith(`${b}-`) || b.startsWith(`${a}-`)

const isOnSame = (wanted: readonly string[] | null, on: readonly string[] | null): boolean => wanted === null || on === null || overlaps(wanted, on, mayMeet)

/** Two globs over `schema.table` that some name may match both: told apart only by what stands before the first star, or after the last. */
function mayMeet(a: string, b: string): boolean {
  if (a === '*' || b === '*') return true
  const [first, second] = [a.split('.'), b.split('.')]
  if (first.length !== 2 || second.length !== 2) return true
  return first.every((part, at) => mayPartsMeet(part, second[at]!))
}

function mayPartsMeet(a: string, b: string): boolean {
  const [headA, headB] = [a.split(/[*?[\\{]/)[0]!, b.split(/[*?[\\{]/)[0]!]
  if (headA.length === a.length && headB.length === b.length) return a === b
  const length = Math.min(headA.length, headB.length)
  return headA.slice(0, length) === headB.slice(0, length)
}
