// A Kubernetes rule against one request. Two questions, as for SQL: may the rule be about it (deny, approve), and does it surely cover it
// (allow). They part where the request says not all: every namespace, a name the server makes, a patch, a command that is not known.
import type { KubernetesCommandFacts } from '../../shared/kubernetes.ts'
import { compileGlob, compileGlobs } from '../../shared/policy/glob.ts'
import { pointerSegments } from '../../shared/policy/json-pointer.ts'
import type { FieldCondition, KubernetesRuleBody } from '../../shared/policy/kubernetes-body.ts'
import { alsoVerbs, isMassDelete, isQuiet } from '../../shared/policy/kubernetes-facts.ts'
import { writingVerbs } from '../../shared/policy/kubernetes-words.ts'
import { compileArgvGlobs } from './argv-glob.ts'
import { writtenAt, type Written } from './written-fields.ts'

/** What of a request a rule is about, for the reason. */
export interface KubernetesConcern {
  /** The word of the rule by which it matches: the verb, a privilege, `mass-delete`. */
  readonly word: string
  /** Pointer of the first field asked for. */
  readonly field: string | null
}

export interface KubernetesMatcher {
  /** For deny and approve. */
  readonly concern: (facts: KubernetesCommandFacts) => KubernetesConcern | null
  /** For allow. */
  readonly covers: (facts: KubernetesCommandFacts) => boolean
}

/** `may` of what could be it, `must` of what surely is. */
interface Matching { readonly may: (facts: KubernetesCommandFacts) => boolean; readonly must: (facts: KubernetesCommandFacts) => boolean }

export function compileKubernetesBody(body: KubernetesRuleBody): KubernetesMatcher {
  const parts = [resourcesOf(body.resources), groupsOf(body.groups), namespacesOf(body.namespaces), namesOf(body.names), argvOf(body.argv), fieldsOf(body.fields)].filter((part) => part !== null)
  return {
    concern: (facts) => {
      const word = concernedWord(body, facts)
      if (word === null || !(isQuiet(facts) ? namesQuiet(body, facts) : parts.every(({ may }) => may(facts)))) return null
      return { word, field: body.fields?.[0]?.pointer ?? null }
    },
    covers: (facts) => coversWord(body, facts) && (facts.plain === null || namesPath(body)) && parts.every(({ must }) => must(facts)),
  }
}

/** A deny of everything is not about them, or nobody could so much as be told so: only one that writes them out. */
const namesQuiet = ({ resources }: KubernetesRuleBody, { resource, plain }: KubernetesCommandFacts): boolean =>
  resources !== null && resources.some((glob) => glob !== '*' && glob.startsWith('/') === (plain !== null) && compileGlob(glob, '/')(plain?.path ?? resource))

function concernedWord({ words, deletes }: KubernetesRuleBody, facts: KubernetesCommandFacts): string | null {
  const { verb, privilege } = facts
  if (privilege !== null && words.includes(privilege)) return privilege
  if (words.includes(verb)) return verb
  const implied = alsoVerbs(facts).find((other) => words.includes(other))
  if (implied !== undefined) return implied
  if (words.includes('mass-delete') && deletes !== null && isMassDelete(facts, deletes)) return 'mass-delete'
  return words.includes('*') ? privilege ?? verb : null
}

/** Everything is not every privilege: those are named. */
function coversWord({ words }: KubernetesRuleBody, { verb, privilege }: KubernetesCommandFacts): boolean {
  return privilege !== null ? words.includes(privilege) : words.includes('*') || words.includes(verb)
}

/** `*` is every resource; a path that is none is covered where it is written out. */
const namesPath = ({ resources }: KubernetesRuleBody): boolean => resources !== null && resources.some((glob) => glob.startsWith('/'))

function resourcesOf(patterns: readonly string[] | null): Matching | null {
  if (patterns === null) return null
  const isAny = patterns.includes('*')
  const resources = compileGlobs(patterns.filter((glob) => !glob.startsWith('/')), '/')
  const paths = compileGlobs(patterns.filter((glob) => glob.startsWith('/')), '/')
  const matches = ({ plain, resource, subresource }: KubernetesCommandFacts) => (plain === null && resources(subresource === null ? resource : `${resource}/${subresource}`))
  return {
    may: (facts) => isAny || matches(facts) || (facts.plain !== null && (paths(facts.plain.path) || paths(facts.plain.path.replace(/\/+$/, '')))),
    must: (facts) => (facts.plain === null ? isAny || matches(facts) : paths(facts.plain.path)),
  }
}

/** What is no resource has no group, namespace or name that one could tell. */
function told(patterns: readonly string[] | null, textOf: (facts: KubernetesCommandFacts) => string | null): Matching | null {
  if (patterns === null || patterns.includes('*')) return null
  const matches = compileGlobs(patterns, null)
  const ask = (facts: KubernetesCommandFacts, onUnknown: boolean): boolean => {
    const text = facts.plain === null ? textOf(facts) : unknownText
    return text === unknownText ? onUnknown : text !== null && matches(text)
  }
  return { may: (facts) => ask(facts, true), must: (facts) => ask(facts, false) }
}

/** No group, namespace or name holds it. */
const unknownText = '\0'

const groupsOf = (patterns: readonly string[] | null): Matching | null => told(patterns, ({ group }) => group)
const namesOf = (patterns: readonly string[] | null): Matching | null => told(patterns, ({ name }) => name ?? unknownText)
const namespacesOf = (patterns: readonly string[] | null): Matching | null => told(patterns, namespaceOf)

/** Null: in none. A namespace as an object is in itself, as RBAC has it; a list of them is in none. */
function namespaceOf({ namespace, scope, group, resource, name, verb }: KubernetesCommandFacts): string | null {
  if (namespace !== null) return namespace
  if (scope === 'cluster' && resource === 'namespaces' && group === '') return name ?? (verb === 'list' || verb === 'watch' ? null : unknownText)
  return scope === 'cluster' ? null : unknownText
}

function argvOf(patterns: readonly string[] | null): Matching | null {
  if (patterns === null) return null
  const globs = compileArgvGlobs(patterns)
  const argvIn = ({ exec }: KubernetesCommandFacts) => (exec === null || exec.argv.length === 0 ? null : exec.argv)
  return {
    may: (facts) => {
      const argv = argvIn(facts)
      return argv === null || globs.mayMatch(argv)
    },
    must: (facts) => {
      const argv = argvIn(facts)
      return facts.verb === 'exec' && argv !== null && globs.mustMatch(argv)
    },
  }
}

function fieldsOf(conditions: readonly FieldCondition[] | null): Matching | null {
  if (conditions === null) return null
  const compiled = conditions.map(({ pointer, anyOf }) => {
    const segments = pointerSegments(pointer)
    const [may, must] = [valueMatcher(anyOf, null), valueMatcher(anyOf, '/')]
    return { at: (facts: KubernetesCommandFacts) => writtenAt(facts.body, segments), may, must }
  })
  return {
    may: (facts) => writingVerbs.has(facts.verb) && compiled.every(({ at, may }) => mayBe(at(facts), may)),
    must: (facts) => writingVerbs.has(facts.verb) && compiled.every(({ at, must }) => mustBe(at(facts), must)),
  }
}

const mayBe = ({ values, isUnknown }: Written, matches: (value: unknown) => boolean): boolean => isUnknown || values.some(matches)
const mustBe = ({ values, isMissing, isUnknown }: Written, matches: (value: unknown) => boolean): boolean => !isUnknown && !isMissing && values.length > 0 && values.every(matches)

/** A list or a map is matched by a lone `*` only. In an allow `*` stays between slashes, as in the name of an image. */
function valueMatcher(globs: readonly string[], separator: '/' | null): (value: unknown) => boolean {
  const matches = compileGlobs(globs, separator)
  const isAny = globs.includes('*')
  return (value) => isAny || ((typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') && matches(String(value)))
}
