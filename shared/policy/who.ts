// `who`: whom a rule is about. The keys of an entry are all required, a list means any of, nothing means nobody (design.md §4).
// Parsed into requirements, so that what matches (gateway/policy/who.ts) never has to ask which keys were written.
import { z } from 'zod'
import type { PrincipalKind } from '../principal.ts'
import { globText, knownKeys, oneOrMany, principalId } from './shapes.ts'

export type Requirement =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'groups'; readonly anyOf: readonly string[] }
  /** Principal ids, `<identity>:<sub>`. */
  | { readonly kind: 'users'; readonly anyOf: readonly string[] }
  /** Of a verified email, lower case. */
  | { readonly kind: 'email-domain'; readonly anyOf: readonly string[] }
  | { readonly kind: 'principal-kind'; readonly anyOf: readonly PrincipalKind[] }
  /** Globs, segments parted by slashes. */
  | { readonly kind: 'claim'; readonly name: string; readonly anyOf: readonly string[] }

export interface WhoEntry {
  /** All must hold; an entry without any is nobody. */
  readonly requires: readonly Requirement[]
  readonly except: Who
}

export interface Who { readonly anyOf: readonly WhoEntry[] }

export const nobody: Who = { anyOf: [] }

/** Nobody can match it, whoever calls: a deny or approve of this would silently be off. */
export function isNobody(who: Who): boolean {
  return who.anyOf.every((entry) => entry.requires.length === 0 || entry.requires.some((need) => need.kind !== 'everyone' && need.anyOf.length === 0))
}

const text = z.string().min(1, { error: 'expected a name, not an empty text' })

const domain = z.string().refine((name) => /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/.test(name), { error: 'expected a domain such as "example.com"' })
  .transform((name) => name.toLowerCase())

const kind = z.enum(['human', 'ci', 'agent'], { error: 'expected human, ci or agent' })

const claimValue = z.preprocess((value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value), globText)

/** An empty map would require nothing, that is, let in everyone who carries a token: refused. */
const claims = z.record(text, oneOrMany(claimValue)).refine((map) => Object.keys(map).length > 0, { error: 'names no claim; name one, or leave the key out' })

const entryShape = {
  everyone: z.literal(true, { error: 'expected true' }).optional(),
  groups: oneOrMany(text).optional(),
  users: oneOrMany(principalId).optional(),
  'email-domain': oneOrMany(domain).optional(),
  kind: oneOrMany(kind).optional(),
  ci: claims.optional(),
  claims: claims.optional(),
  except: z.lazy(() => whoSchema).optional(),
}
const entry = z.strictObject(entryShape, knownKeys(entryShape))

const expected = 'expected everyone, an entry such as { groups: [analysts] }, or a list of entries'

export const whoSchema: z.ZodType<Who> = z.union([
  z.literal('everyone'), z.null(), entry, z.array(z.union([z.literal('everyone'), entry], { error: expected })),
], { error: expected }).transform((who): Who => ({ anyOf: (Array.isArray(who) ? who : [who]).flatMap((one) => (one === null ? [] : [toEntry(one)])) }))

function toEntry(written: 'everyone' | z.output<typeof entry>): WhoEntry {
  if (written === 'everyone') return { requires: [{ kind: 'everyone' }], except: nobody }
  const requires: Requirement[] = []
  if (written.everyone !== undefined) requires.push({ kind: 'everyone' })
  if (written.groups !== undefined) requires.push({ kind: 'groups', anyOf: written.groups })
  if (written.users !== undefined) requires.push({ kind: 'users', anyOf: written.users })
  if (written['email-domain'] !== undefined) requires.push({ kind: 'email-domain', anyOf: written['email-domain'] })
  if (written.kind !== undefined) requires.push({ kind: 'principal-kind', anyOf: written.kind })
  if (written.ci !== undefined) requires.push({ kind: 'principal-kind', anyOf: ['ci'] }, ...claimsOf(written.ci))
  if (written.claims !== undefined) requires.push(...claimsOf(written.claims))
  return { requires, except: written.except ?? nobody }
}

function claimsOf(map: Readonly<Record<string, readonly string[]>>): Requirement[] {
  return Object.entries(map).map(([name, anyOf]) => ({ kind: 'claim', name, anyOf }))
}
