// Small zod pieces of the policy language and of gateway.yaml.
import { z } from 'zod'
import { globCharactersMax } from '../limits.ts'

/** A list, or one value that stands for a list of one. */
export function oneOrMany<T extends z.ZodType>(item: T) {
  return z.preprocess((value) => (value === null || Array.isArray(value) || typeof value === 'object' ? value : [value]), z.array(item))
}

/** As oneOrMany, for lists where nothing would mean "never" and nobody would notice. */
export function someOf<T extends z.ZodType>(item: T) {
  return oneOrMany(item).refine((list) => list.length > 0, { error: 'names nothing; name at least one' })
}

export const globText = z.string().min(1, { error: 'expected a value, not an empty text' })
  .max(globCharactersMax, { error: `is longer than ${globCharactersMax} characters (globCharactersMax)` })

/** `<identity>:<sub>`; identities are plain names, so the first colon parts the two. */
export const principalId = z.string().refine((id) => /^[^:]+:.+$/.test(id), {
  error: 'expected a principal id, "<identity>:<sub>" as `gatehouse whoami` shows it (an email is never a key)',
})

/** Names that stand in messages, URLs, database names and SSH users: connections, identities, policies, rule ids. */
export const plainName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, {
  error: 'expected a name of at most 63 letters, digits, "-" and "_"',
})

/** `owner/name`. */
export const githubRepository = z.string().regex(/^\w[\w.-]*\/(?!\.\.?$)[\w.-]+$/, { error: 'expected a repository, owner/name' })

/** Says which keys exist; the file reader puts "unknown key" and the key itself before it. */
export function knownKeys(shape: Readonly<Record<string, unknown>>) {
  const names = Object.keys(shape).join(', ')
  return { error: (issue: { readonly code?: string | undefined }) => (issue.code === 'unrecognized_keys' ? names : undefined) }
}
