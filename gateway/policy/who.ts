// Who a `who` matches, compiled once per snapshot. A matcher may throw (a principal is made from claims of others): its caller
// decides what that means for the rule's effect.
import { compileGlobs } from '../../shared/policy/glob.ts'
import type { Requirement, Who, WhoEntry } from '../../shared/policy/who.ts'
import type { Principal } from '../../shared/principal.ts'
import { assertNever } from '../../shared/errors.ts'

export type PrincipalMatcher = (principal: Principal) => boolean

export function compileWho(who: Who): PrincipalMatcher {
  const entries = who.anyOf.map(compileEntry)
  return (principal) => entries.some((matches) => matches(principal))
}

function compileEntry(entry: WhoEntry): PrincipalMatcher {
  if (entry.requires.length === 0) return () => false
  const requires = entry.requires.map(compileRequirement)
  const isExcepted = compileWho(entry.except)
  return (principal) => requires.every((holds) => holds(principal)) && !isExcepted(principal)
}

function compileRequirement(requirement: Requirement): PrincipalMatcher {
  switch (requirement.kind) {
    case 'everyone':
      return () => true
    case 'groups': {
      const groups = new Set(requirement.anyOf)
      return (principal) => principal.groups.some((group) => groups.has(group))
    }
    case 'users': {
      const users = new Set(requirement.anyOf)
      return (principal) => users.has(principal.id)
    }
    case 'email-domain': {
      const domains = new Set(requirement.anyOf)
      return (principal) => principal.email !== null && domains.has(domainOf(principal.email))
    }
    case 'principal-kind':
      return (principal) => requirement.anyOf.includes(principal.kind)
    case 'claim':
      return claimMatcher(requirement.name, requirement.anyOf)
    default:
      return assertNever(requirement)
  }
}

/** After the last @: a quoted local part may hold one of its own. */
const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1).toLowerCase()

/** A claim that is a list matches by any of its values; a claim that is missing or an object matches nothing. */
function claimMatcher(name: string, globs: readonly string[]): PrincipalMatcher {
  const matches = compileGlobs(globs, '/')
  return (principal) => {
    if (!Object.hasOwn(principal.claims, name)) return false
    const claim = principal.claims[name]
    const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim]
    return values.some((value) => isPlain(value) && matches(String(value)))
  }
}

const isPlain = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
