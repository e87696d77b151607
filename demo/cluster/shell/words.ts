// A line of shell as pipelines of commands: quotes, $VARIABLES, ; && || |, > >> <. No loops, no functions, no substitution: it is a toy.
// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html

export type Variables = (name: string) => string
/** Read when its command runs: `$?` is that of the one before. */
export type Word = (variables: Variables) => string

export interface Redirection { readonly kind: '>' | '>>' | '<'; readonly path: Word }
export interface Simple { readonly words: readonly Word[]; readonly redirections: readonly Redirection[] }
/** `when`: whether it runs, by how the one before ended. */
export interface Pipeline { readonly when: 'always' | 'success' | 'failure'; readonly commands: readonly Simple[] }

type Token = { readonly kind: 'word'; readonly word: Word } | { readonly kind: 'operator'; readonly text: string }

export class SyntaxProblem extends Error {}

const operators = ['&&', '||', '>>', ';', '|', '>', '<', '\n']
const unsupported = new Set(['for', 'while', 'until', 'if', 'case', 'function', '{'])

export function pipelinesOf(line: string): readonly Pipeline[] {
  const pipelines: Pipeline[] = []
  let when: Pipeline['when'] = 'always'
  let commands: Simple[] = []
  let words: Word[] = []
  let redirections: Redirection[] = []
  const endCommand = () => {
    const first = words[0]?.(() => '') ?? ''
    if (unsupported.has(first)) throw new SyntaxProblem(`${first}: this is a toy shell, it knows commands, pipes and redirections`)
    if (words.length + redirections.length > 0) commands.push({ words, redirections })
    words = []
    redirections = []
  }
  const endPipeline = (next: Pipeline['when']) => {
    endCommand()
    if (commands.length > 0) pipelines.push({ when, commands })
    commands = []
    when = next
  }
  const tokens = tokensOf(line)
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!
    if (token.kind === 'word') {
      words.push(token.word)
      continue
    }
    switch (token.text) {
      case ';': case '\n': endPipeline('always'); break
      case '&&': endPipeline('success'); break
      case '||': endPipeline('failure'); break
      case '|': endCommand(); break
      default: {
        const path = tokens[++index]
        if (path?.kind !== 'word') throw new SyntaxProblem(`syntax error near ${token.text}`)
        redirections.push({ kind: token.text as Redirection['kind'], path: path.word })
      }
    }
  }
  endPipeline('always')
  return pipelines
}

function tokensOf(line: string): readonly Token[] {
  const tokens: Token[] = []
  let word: Word[] | null = null
  const endWord = () => {
    const pieces = word
    if (pieces !== null) tokens.push({ kind: 'word', word: (variables) => pieces.map((piece) => piece(variables)).join('') })
    word = null
  }
  for (let index = 0; index < line.length;) {
    const rest = line.slice(index)
    const operator = operators.find((one) => rest.startsWith(one))
    // 2>&1 and 2>/dev/null: errors go where they go.
    const stderr = /^2>(?:&1|>?\s*[^\s;|&]+)/.exec(rest)?.[0]
    const character = rest[0]!
    if (word === null && stderr !== undefined) {
      index += stderr.length
    } else if (operator !== undefined) {
      endWord()
      tokens.push({ kind: 'operator', text: operator })
      index += operator.length
    } else if (/[ \t]/.test(character)) {
      endWord()
      index++
    } else if (character === '#' && word === null) {
      index += /^[^\n]*/.exec(rest)![0].length
    } else {
      const { word: piece, length } = pieceOf(rest)
      word = [...word ?? [], piece]
      index += length
    }
  }
  endWord()
  return tokens
}

/** A quoted part, an escape, a variable or plain characters. */
function pieceOf(rest: string): { readonly word: Word; readonly length: number } {
  const plain = (text: string, length: number) => ({ word: () => text, length })
  if (rest.startsWith('\'')) {
    const end = rest.indexOf('\'', 1)
    if (end < 0) throw new SyntaxProblem('unterminated quoted string')
    return plain(rest.slice(1, end), end + 1)
  }
  if (rest.startsWith('"')) {
    const quoted = /^"((?:\\[\s\S]|[^"\\])*)"/.exec(rest)
    if (!quoted) throw new SyntaxProblem('unterminated quoted string')
    return { word: (variables) => expand(quoted[1]!, variables), length: quoted[0].length }
  }
  if (rest.startsWith('\\')) return plain(rest[1] ?? '', 2)
  const variable = /^\$(?:\{(\w+)\}|(\w+|\?))/.exec(rest)
  if (variable) return { word: (variables) => variables(variable[1] ?? variable[2]!), length: variable[0].length }
  return plain(rest[0]!, 1)
}

function expand(text: string, variables: Variables): string {
  return text.replaceAll(/\\([$"\\`])|\$(?:\{(\w+)\}|(\w+|\?))/g, (_whole, escaped: string | undefined, braced: string | undefined, plain: string | undefined) => escaped ?? variables(braced ?? plain!))
}
