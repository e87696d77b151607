// Globs over dotted identifiers: `schema.table` in `on`, `schema.table.column` in masks. The pattern is split at its dots and each
// part is matched with one identifier, so a table whose own name holds a dot neither slips past a deny nor into an allow.
import { noSchema } from '../command.ts'
import { anything, compileGlob, type GlobMatcher } from './glob.ts'

/** Null when the pattern fits: a lone `*`, or exactly `parts` parts, none empty. Else what was expected. */
export function identifierGlobProblem(pattern: string, parts: 2 | 3): string | null {
  if (pattern === '*') return null
  const given = pattern.split('.')
  if (given.length === parts && given.every((part) => part !== '')) return null
  const shape = parts === 2 ? 'schema.table' : 'schema.table.column'
  const hint = given.length === 1 && pattern !== '' ? `; for any schema write ${JSON.stringify(`${'*.'.repeat(parts - 1)}${pattern}`)}` : ''
  return `expected ${shape} (each part a glob) or "*"${hint}`
}

function compileParts(pattern: string, parts: 2 | 3): readonly GlobMatcher[] {
  if (pattern === '*') return Array.from({ length: parts }, () => anything)
  const problem = identifierGlobProblem(pattern, parts)
  if (problem !== null) throw new RangeError(problem)
  return pattern.split('.').map((part) => compileGlob(part, null))
}

export interface RelationGlob {
  /** Some way to read `schema.table` matches: what a deny or approve asks. */
  readonly mayMatch: (relation: string) => boolean
  /** Every way to read it matches: what an allow asks. */
  readonly mustMatch: (relation: string) => boolean
}

/** `relation` is `schema.table` with nothing quoted; with more than one dot in it there are several ways to read it. */
export function compileRelationGlob(pattern: string): RelationGlob {
  if (pattern === '*') return { mayMatch: anything, mustMatch: anything }
  const [schema, table] = compileParts(pattern, 2) as [GlobMatcher, GlobMatcher]
  const at = (relation: string, dot: number) => schema(relation.slice(0, dot)) && table(relation.slice(dot + 1))
  return {
    mayMatch: (relation) => {
      const dots = dotsOf(relation)
      // What cannot be read counts as a match here and as none below; so does a schema that is not known, or is none.
      if (dots.length === 0 || (relation.startsWith(`${noSchema}.`) && table(relation.slice(noSchema.length + 1)))) return true
      return dots.some((dot) => at(relation, dot))
    },
    mustMatch: (relation) => {
      const dots = dotsOf(relation)
      return dots.length > 0 && dots.every((dot) => at(relation, dot))
    },
  }
}

function dotsOf(relation: string): readonly number[] {
  const dots: number[] = []
  for (let dot = relation.indexOf('.'); dot !== -1; dot = relation.indexOf('.', dot + 1)) dots.push(dot)
  return dots
}

/** For masks: the three names come apart from the catalog, so there is one way to read them. */
export function compileColumnGlob(pattern: string): (schema: string, table: string, column: string) => boolean {
  const [schema, table, column] = compileParts(pattern, 3) as [GlobMatcher, GlobMatcher, GlobMatcher]
  return (s, t, c) => schema(s) && table(t) && column(c)
}
