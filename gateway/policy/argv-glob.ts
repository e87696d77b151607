// Globs over what exec runs, word by word: each word of the pattern is a glob over one argument, and a last word `*` stands for all that
// are left, if any. A command is a list, and its words joined can be the words of another list: only an allow needs to tell them apart.
import { compileGlob, type GlobMatcher } from '../../shared/policy/glob.ts'
import { splitWords, type Word } from '../../shared/policy/words.ts'

export interface ArgvGlobs {
  /** What a deny or approve asks. */
  readonly mayMatch: (argv: readonly string[]) => boolean
  /** What an allow asks. */
  readonly mustMatch: (argv: readonly string[]) => boolean
}

export function compileArgvGlobs(patterns: readonly string[]): ArgvGlobs {
  const all = patterns.map(compile)
  return {
    mayMatch: (argv) => all.some(({ words, joined }) => words(argv) || words(argv.join(' ').split(' ')) || joined(argv.join(' '))),
    mustMatch: (argv) => all.some(({ words }) => words(argv)),
  }
}

interface Compiled { readonly words: (argv: readonly string[]) => boolean; readonly joined: GlobMatcher }

function compile(pattern: string): Compiled {
  const split = splitWords(pattern)
  const words: readonly Word[] = 'problem' in split ? [] : split
  const isOpen = isStar(words.at(-1))
  const globs = (isOpen ? words.slice(0, -1) : words).map(({ text, isQuoted }) => (isQuoted ? (argument: string) => argument === text : compileGlob(text, null)))
  return {
    words: (argv) => (isOpen ? argv.length >= globs.length : argv.length === globs.length) && globs.every((matches, at) => matches(argv[at]!)),
    joined: words.length === 0 ? () => false : compileGlob(words.map(({ text }) => text).join(' '), null),
  }
}

const isStar = (word: Word | undefined): boolean => word !== undefined && word.text === '*' && !word.isQuoted
