// Globs of policies (design.md §4): a lone `*` matches anything; else `*` stays inside one segment and, where segments are
// parted by slashes, `**` crosses them. Case-sensitive. No regular expressions: matching is at most pattern × text steps.

export type GlobMatcher = (text: string) => boolean
export type Separator = '.' | '/'

type Token = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'segment' } | { readonly kind: 'any' }

export const anything: GlobMatcher = () => true

/** `separator` null: the text is one segment, and `*` matches any run of characters. */
export function compileGlob(pattern: string, separator: Separator | null): GlobMatcher {
  if (pattern === '*') return anything
  if (!pattern.includes('*')) return (text) => text === pattern
  const tokens = tokenize(pattern, separator)
  return simpleMatcher(tokens, separator) ?? ((text) => simulate(tokens, text, separator))
}

/** Any of several patterns; none of none. */
export function compileGlobs(patterns: readonly string[], separator: Separator | null): GlobMatcher {
  const matchers = patterns.map((pattern) => compileGlob(pattern, separator))
  return (text) => matchers.some((matches) => matches(text))
}

function tokenize(pattern: string, separator: Separator | null): Token[] {
  return [...pattern.matchAll(/\*+|[^*]+/g)].map(([piece]): Token => {
    if (!piece.startsWith('*')) return { kind: 'text', text: piece }
    return piece.length > 1 && separator === '/' ? { kind: 'any' } : { kind: separator === null ? 'any' : 'segment' }
  })
}

/** `prefix*`, `*suffix`, `prefix*suffix`: nearly every glob that people write, without the simulation. */
function simpleMatcher(tokens: readonly Token[], separator: Separator | null): GlobMatcher | null {
  const stars = tokens.filter((token) => token.kind !== 'text')
  if (stars.length !== 1) return null
  const [first, last] = [tokens[0]!, tokens.at(-1)!]
  const prefix = first.kind === 'text' ? first.text : ''
  const suffix = last.kind === 'text' ? last.text : ''
  const crosses = stars[0]!.kind === 'any'
  return (text) => {
    if (text.length < prefix.length + suffix.length || !text.startsWith(prefix) || !text.endsWith(suffix)) return false
    if (crosses || separator === null) return true
    const at = text.indexOf(separator, prefix.length)
    return at === -1 || at >= text.length - suffix.length
  }
}

/** Which offsets of the text the tokens so far can reach; each token moves the whole set once. */
function simulate(tokens: readonly Token[], text: string, separator: Separator | null): boolean {
  let reached = new Uint8Array(text.length + 1)
  reached[0] = 1
  for (const token of tokens) {
    const next = new Uint8Array(text.length + 1)
    if (token.kind === 'text') {
      for (let at = 0; at + token.text.length <= text.length; at++) {
        if (reached[at] === 1 && text.startsWith(token.text, at)) next[at + token.text.length] = 1
      }
    } else {
      let isOpen = false
      for (let at = 0; at <= text.length; at++) {
        if (at > 0 && token.kind === 'segment' && text[at - 1] === separator) isOpen = false
        if (reached[at] === 1) isOpen = true
        if (isOpen) next[at] = 1
      }
    }
    reached = next
  }
  return reached[text.length] === 1
}
