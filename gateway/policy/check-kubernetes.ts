// What the texts of two Kubernetes rules prove of each other, and what one rule leaves open beside itself. For warnings: cautious.
import { isDeepStrictEqual } from 'node:util'
import { compileGlob } from '../../shared/policy/glob.ts'
import type { KubernetesRuleBody } from '../../shared/policy/kubernetes-body.ts'
import { isPrivilege } from '../../shared/policy/kubernetes-words.ts'
import type { Effect } from '../../shared/verdict.ts'

/** All that `narrow` is about, `wide` of that effect is too; `argv` and `fields` of `wide` are for the caller. */
export function kubernetesCovers(wide: KubernetesRuleBody, narrow: KubernetesRuleBody, effect: Effect): boolean {
  // What needs no rule of its own is in no deny that does not write it out.
  if (narrow.resources?.some((glob) => glob.startsWith('/') || glob.startsWith('selfsubject')) === true) return false
  return wordsCover(wide, narrow, effect === 'allow')
    && globsCover(wide.resources, narrow.resources, '/') && globsCover(wide.groups, narrow.groups, null)
    && globsCover(wide.namespaces, narrow.namespaces, null) && globsCover(wide.names, narrow.names, null)
}

function wordsCover(wide: KubernetesRuleBody, narrow: KubernetesRuleBody, isAllow: boolean): boolean {
  return narrow.words.every((word) => {
    if (word === 'mass-delete') return wide.words.includes('*') || (wide.words.includes(word) && isDeepStrictEqual(wide.deletes, narrow.deletes))
    return wide.words.includes(word) || (wide.words.includes('*') && !(isAllow && isPrivilege(word)))
  })
}

function globsCover(wide: readonly string[] | null, narrow: readonly string[] | null, separator: '/' | null): boolean {
  if (wide === null || wide.includes('*')) return true
  return narrow !== null && narrow.every((glob) => wide.includes(glob) || (!glob.includes('*') && wide.some((other) => compileGlob(other, separator)(glob))))
}

export const isEverything = ({ words, resources, groups, namespaces, names }: KubernetesRuleBody): boolean =>
  words.includes('*') && [resources, groups, namespaces, names].every((globs) => globs === null || globs.includes('*'))

/** By which other verb the same is done: a deny or approve of the one alone is seldom what was meant. Null: nothing of the kind. */
export function passedBy({ words, resources }: KubernetesRuleBody): string | null {
  if (words.includes('*') || (resources !== null && resources.every((glob) => glob.includes('/')))) return null
  for (const { verbs, does } of sameDoing) {
    const missing = verbs.filter((verb) => !words.includes(verb))
    if (missing.length > 0 && missing.length < verbs.length) return `is not about ${missing.join(' and ')}, which ${does} the same objects`
  }
  return null
}

const sameDoing = [{ verbs: ['get', 'list', 'watch'], does: 'read' }, { verbs: ['update', 'patch'], does: 'change' }] as const
