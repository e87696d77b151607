// Who counts as whom when people decide about each other. A principal id is one person; but one person may have two of them (two
// identity entries, an agent that acts for its owner), so everything that speaks for "the same person" is gathered here and used in
// one direction only: to refuse. It never lets anyone do anything. Pure.
import type { ApprovalSummary, Person } from '../../shared/approval.ts'
import type { Principal } from '../../shared/principal.ts'

export const personOf = ({ id, email, kind }: Principal): Person => ({ id, email, kind })

/** Keys of one person; two principals that share one count as the same person. */
export function selvesOf(principal: Principal): readonly string[] {
  const { id, email, claims } = principal
  const subject = pairKey(claims['iss'], claims['sub'])
  return [`id:${id}`, ...githubSelf(claims), ...(subject === null ? [] : [subject]), ...(email === null ? [] : [emailKey(email)])]
}

/** Who started the run, of a token of GitHub Actions: the account's stable id. */
function githubSelf({ actor_id: actor }: Principal['claims']): readonly string[] {
  return (typeof actor === 'string' || typeof actor === 'number') && /^\d{1,20}$/.test(String(actor)) ? [`github:${String(actor)}`] : []
}

/** What a decider is compared with the requester by: a delegator is often named by a bare subject. */
export const deciderKeys = (principal: Principal): readonly string[] => [...selvesOf(principal), `subject:${principal.subject}`]

/** The requester, and whoever the requester acts for. */
export const requesterKeys = (principal: Principal): readonly string[] => [...new Set([...selvesOf(principal), ...delegators(principal).flatMap(({ keys }) => keys)])]

export const isSamePerson = (some: readonly string[], other: readonly string[]): boolean => some.some((key) => other.includes(key))

/** A token by which one acts for another (RFC 8693 4.1): what comes with it is not the person's own hand. */
export const isDelegated = ({ claims }: Principal): boolean => claims['act'] !== undefined && claims['act'] !== null

/** Whose command it is: what somebody else's hand sends in a person's name is not that person's own, and shares neither approval nor grant with it. */
export const actingId = (principal: Principal): string => (isDelegated(principal) ? JSON.stringify([principal.id, principal.claims['act']]) : principal.id)

export function requesterOf(principal: Principal): ApprovalSummary['requester'] {
  return { ...personOf(principal), delegator: delegators(principal)[0]?.shown ?? null, run: runOf(principal) }
}

interface Delegator { readonly shown: string; readonly keys: readonly string[] }

/** Claims that name on whose behalf a token acts; providers have no common one. */
const delegatorClaims = ['delegator', 'on_behalf_of', 'obo', 'delegated_by', 'owner', 'act_for']

function delegators(principal: Principal): readonly Delegator[] {
  const { claims, kind, subject } = principal
  const named = delegatorClaims.flatMap((name) => delegatorOf(claims[name], claims['iss']))
  // With `act` the subject is the person, and the actor is who holds the token.
  const acted = kind !== 'human' && isDelegated(principal) ? [{ shown: subject, keys: [`subject:${subject}`] }] : []
  return [...acted, ...actorsOf(claims['act'], claims['iss']), ...named]
}

/** `act` may nest: every one in the chain had a hand in it. */
function actorsOf(act: unknown, issuer: unknown, depth = 0): readonly Delegator[] {
  if (typeof act !== 'object' || act === null || depth > 8) return []
  return [...delegatorOf(act, issuer), ...actorsOf((act as Record<string, unknown>)['act'], issuer, depth + 1)]
}

function delegatorOf(value: unknown, issuer: unknown): readonly Delegator[] {
  if (typeof value === 'string' && value !== '') {
    const pair = pairKey(issuer, value)
    return [{ shown: value, keys: [`id:${value}`, `subject:${value}`, ...(pair === null ? [] : [pair]), ...(value.includes('@') ? [emailKey(value)] : [])] }]
  }
  if (typeof value !== 'object' || value === null) return []
  const { sub, iss, email } = value as Record<string, unknown>
  return [...delegatorOf(sub, iss ?? issuer), ...(typeof email === 'string' ? delegatorOf(email, issuer) : [])]
}

/** Folded as far as any provider may fold it (Unicode TR15): two that are one by any reading are one person here. */
const emailKey = (email: string): string => `email:${email.normalize('NFKC').toLowerCase()}`

function pairKey(issuer: unknown, subject: unknown): string | null {
  return typeof issuer === 'string' && typeof subject === 'string' ? `sub:${JSON.stringify([issuer, subject])}` : null
}

const githubIssuer = 'https://token.actions.githubusercontent.com'

/** Repository and run of a CI token; the link is made only for an issuer whose addresses are known. */
function runOf({ kind, claims }: Principal): { readonly repository: string; readonly url: string | null } | null {
  const repository = claims['repository'] ?? claims['project_path']
  if (kind !== 'ci' || typeof repository !== 'string') return null
  const run = claims['run_id']
  const isGithub = claims['iss'] === githubIssuer && /^[\w.-]+\/[\w.-]+$/.test(repository) && (typeof run === 'string' || typeof run === 'number') && /^\d+$/.test(String(run))
  return { repository, url: isGithub ? `https://github.com/${repository}/actions/runs/${String(run)}` : null }
}
