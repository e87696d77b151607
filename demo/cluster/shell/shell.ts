// Runs lines of the toy shell: pipelines one after another, a pipe's left side to its end before its right begins.
import { Readable } from 'node:stream'
import { FileProblem, resolvePath } from '../pods/files.ts'
import { commandNamed } from './commands.ts'
import { Exit, type Command, type Context } from './context.ts'
import { pipelinesOf, SyntaxProblem, type Pipeline, type Simple, type Word } from './words.ts'

const notFound = 127
const misuse = 2

/** Gives the code of the last command; Exit passes. */
export async function runLine(context: Context, line: string): Promise<number> {
  const { state } = context
  try {
    for (const pipeline of pipelinesOf(line)) {
      const isDue = pipeline.when === 'always' || (pipeline.when === 'success') === (state.lastCode === 0)
      if (isDue && !context.signal.aborted) state.lastCode = await runPipeline(context, pipeline)
    }
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error
    context.err(`sh: ${error.message}\n`)
    state.lastCode = misuse
  }
  return state.lastCode
}

async function runPipeline(context: Context, { commands }: Pipeline): Promise<number> {
  let stdin = context.stdin
  let code = 0
  for (const [index, command] of commands.entries()) {
    if (index === commands.length - 1) return runSimple({ ...context, stdin }, command)
    const chunks: Buffer[] = []
    code = await runSimple({ ...context, stdin, out: (chunk) => { chunks.push(Buffer.from(chunk)) } }, command)
    stdin = Readable.from(chunks)
  }
  return code
}

async function runSimple(context: Context, simple: Simple): Promise<number> {
  const { state } = context
  const read = (word: Word) => word((name) => name === '?' ? String(state.lastCode) : state.env.get(name) ?? '')
  const words = simple.words.map(read)
  const redirections = simple.redirections.map(({ kind, path }) => ({ kind, path: read(path) }))
  const { files } = context.container
  const written: Buffer[] = []
  const target = redirections.findLast(({ kind }) => kind !== '<')
  const source = redirections.findLast(({ kind }) => kind === '<')
  try {
    const isToErrors = target?.path === '&2'
    const inner: Context = {
      ...context, ...(target ? { out: (chunk: string | Buffer) => { if (isToErrors) context.err(chunk.toString()); else written.push(Buffer.from(chunk)) } } : {}),
      ...(source ? { stdin: Readable.from([files.read(resolvePath(context.state.folder, source.path))]) } : {}),
    }
    const code = await runWords(inner, words)
    if (target && target.path !== '/dev/null' && !isToErrors) {
      const path = resolvePath(context.state.folder, target.path)
      const before = target.kind === '>>' && files.get(path) ? [files.read(path)] : []
      files.write(path, Buffer.concat([...before, ...written]))
    }
    return code
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error
    context.err(`sh: ${(target ?? source)?.path ?? words[0]}: ${error.message}\n`)
    return 1
  }
}

/** An argv: a shell of its own for sh, else the command. */
export async function runWords(context: Context, words: readonly string[]): Promise<number> {
  const [name = '', ...args] = words
  if (/^\w+=/.test(name)) return commandOrThrow('export')(context, words)
  if (isShell(name)) return runScript(context, args)
  const command = commandNamed(name)
  if (command) return command(context, args)
  if (name !== '') context.err(`sh: ${name}: not found\n`)
  return name === '' ? 0 : notFound
}

function commandOrThrow(name: string): Command {
  const command = commandNamed(name)
  if (!command) throw new Error(`the toy shell has no ${name}`)
  return command
}

export const isShell = (name: string): boolean => /^(?:\/(?:usr\/)?bin\/)?(?:sh|bash|ash)$/.test(name)

/** `sh -c "…"`, or `sh` with its lines on stdin. */
export async function runScript(context: Context, args: readonly string[]): Promise<number> {
  const inner: Context = { ...context, state: { ...context.state, env: new Map(context.state.env) } }
  try {
    const at = args.findIndex((arg) => /^-\w*c$/.test(arg))
    if (at >= 0) return await runLine(inner, args[at + 1] ?? '')
    let rest = ''
    for await (const chunk of context.stdin as AsyncIterable<Buffer | string>) {
      const lines = (rest + Buffer.from(chunk).toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) await runLine(inner, line)
    }
    return await runLine(inner, rest)
  } catch (error) {
    if (error instanceof Exit) return error.code
    throw error
  }
}
