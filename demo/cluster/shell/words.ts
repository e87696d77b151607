// A line of shell as pipelines of commands: quotes, $VARIABLES, ; && || |, > >> <. No loops, no functions, no substitution: it is a toy.
// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html

export interface Redirection { readonly kind: '>' | '>>' | '<'; readonly path: string }
export interface Simple { readonly words: readonly string[]; readonly redirections: readonly Redirection[] }
/** `when`: whether it runs, by how the one before ended. */
export interface Pipeline { readonly when: 'always' | 'success' | 'failure'; readonly commands: readonly Simple[] }

export type Variables = (name: string) => string

type Token = { readonly kind: 'word'; readonly text: string } | { readonly kind: 'operator'; readonly text: string }

export class SyntaxProblem extends Error {}

const operators = ['&&', '||', '>>', ';', '|', '>', '<', '\n']
const unsupported = new Set(['for', 'while', 'until', 'if', 'case', 'function', '{'])

export function pipelinesOf(line: string, variables: Variables): readonly Pipeline[] {
  const pipelines: Pipeline[] = []
  let when: Pipeline['when'] = 'always'
  let commands: Simple[] = []
  let words: string[] = []
  let redirections: Redirection[] = []
  const endCommand = () => {
    if (unsupported.has(words[0] ?? '')) throw new SyntaxProblem(`${words[0]}: this is a toy shell, it knows commands, pipes and redirections`)
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
  const tokens = tokensOf(line, variables)
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!
    if (token.kind === 'word') {
      // 2>&1 and 2>/dev/null: errors go where they go.
      if (!token.text.startsWith('2>')) words.push(token.text)
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
        redirections.push({ kind: token.text as Redirection['kind'], path: path.text })
      }
    }
  }
  endPipeline('always')
  return pipelines
}

function tokensOf(line: string, variables: Variables): readonly Token[] {
  const tokens: Token[] = []
  let word: string | null = null
  const endWord = () => {
    if (word !== null) tokens.push({ kind: 'word', text: word })
    word = null
  }
  for (let index = 0; index < line.length;) {
    const rest = line.slice(index)
    const operator = operators.find((one) => rest.startsWith(one))
    const stderr = /^2>(?:&1|>?\s*\S+)/.exec(rest)?.[0]
    const character = rest[0]!
    if (word === null && stderr !== undefined) {
      tokens.push({ kind: 'word', text: '2>' })
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
      const { text, length } = pieceOf(rest, variables)
      word = (word ?? '') + text
      index += length
    }
  }
  endWord()
  return tokens
}

/** A quoted part, an escape, a variable or one character. */
function pieceOf(rest: string, variables: Variables): { readonly text: string; readonly length: number } {
  if (rest.startsWith('\'')) {
    const end = rest.indexOf('\'', 1)
    if (end < 0) throw new SyntaxProblem('unterminated quoted string')
    return { text: rest.slice(1, end), length: end + 1 }
  }
  if (rest.startsWith('"')) {
    const quoted = /^"((?:\\[\s\S]|[^"\\])*)"/.exec(rest)
    if (!quoted) throw new SyntaxProblem('unterminated quoted string')
    return { text: expand(quoted[1]!, variables), length: quoted[0].length }
  }
  if (rest.startsWith('\\')) return { text: rest[1] ?? '', length: 2 }
  const variable = variablePattern.exec(rest)
  if (variable) return { text: variables(variable[1] ?? variable[2]!), length: variable[0].length }
  return { text: rest[0]!, length: 1 }
}

const variablePattern = /^\$(?:\{(\w+)\}|(\w+|\?))/

function expand(text: string, variables: Variables): string {
  return text.replaceAll(/\\([$"\\`])|\$(?:\{(\w+)\}|(\w+|\?))/g, (_whole, escaped: string | undefined, braced: string | undefined, plain: string | undefined) => escaped ?? variables(braced ?? plain!))
}
