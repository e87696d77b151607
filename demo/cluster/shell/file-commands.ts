// Commands of the toy shell that read and write files: ls, cat, tar, mkdir, rm and the like.
import { FileProblem, parentOf, resolvePath, type Node } from '../pods/files.ts'
import { packTar, TarReader } from '../pods/tar.ts'
import { readAll, type Command, type Context } from './context.ts'

/** Options by letter, and the rest. */
function split(args: readonly string[]): { readonly flags: string; readonly paths: readonly string[] } {
  return { flags: args.filter((arg) => /^-\w/.test(arg)).map((arg) => arg.slice(1)).join(''), paths: args.filter((arg) => !/^-\w/.test(arg)) }
}

const pathIn = ({ state }: Context, path: string) => resolvePath(state.folder, path)

/** Does it for each path; what goes wrong with one is told, and the code says so. */
function each(name: string, context: Context, paths: readonly string[], run: (path: string) => void): number {
  let code = 0
  for (const path of paths) {
    try {
      run(path)
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error
      context.err(`${name}: ${path}: ${error.message}\n`)
      code = 1
    }
  }
  return code
}

function longLine(name: string, node: Node): string {
  const bits = [0o400, 0o200, 0o100, 0o40, 0o20, 0o10, 4, 2, 1].map((bit, index) => node.mode & bit ? 'rwx'[index % 3] : '-').join('')
  const size = node.kind === 'file' ? node.bytes.length : 4096
  return `${node.kind === 'folder' ? 'd' : '-'}${bits} 1 root root ${String(size).padStart(8)} ${new Date(node.at).toISOString().slice(0, 16).replace('T', ' ')} ${name}`
}

const ls: Command = (context, args) => {
  const { flags, paths } = split(args)
  const { files } = context.container
  const isLong = flags.includes('l')
  return each('ls', context, paths.length > 0 ? paths : ['.'], (path) => {
    const whole = pathIn(context, path)
    const node = files.get(whole)
    const shown = node?.kind === 'file' ? [{ name: path, node }] : files.list(whole).filter(({ name }) => flags.includes('a') || !name.startsWith('.'))
    for (const one of shown) context.out(`${isLong ? longLine(one.name, one.node) : one.name}\n`)
  })
}

const cat: Command = async (context, args) => {
  const { paths } = split(args)
  if (paths.length === 0 || paths[0] === '-') {
    for await (const chunk of context.stdin as AsyncIterable<Buffer>) context.out(Buffer.from(chunk))
    return 0
  }
  return each('cat', context, paths, (path) => context.out(context.container.files.read(pathIn(context, path))))
}

const mkdir: Command = (context, args) => each('mkdir', context, split(args).paths, (path) => {
  const whole = pathIn(context, path)
  if (!split(args).flags.includes('p') && context.container.files.get(whole)) throw new FileProblem('File exists')
  context.container.files.makeFolder(whole)
})

const rm: Command = (context, args) => {
  const { flags, paths } = split(args)
  return each('rm', context, paths, (path) => {
    const whole = pathIn(context, path)
    if (!context.container.files.get(whole) && flags.includes('f')) return
    if (context.container.files.isFolder(whole) && !/r/i.test(flags)) throw new FileProblem('Is a directory')
    context.container.files.remove(whole)
  })
}

const touch: Command = (context, args) => each('touch', context, args, (path) => {
  const whole = pathIn(context, path)
  if (!context.container.files.get(whole)) context.container.files.write(whole, Buffer.alloc(0))
})

/** -d, -f, -e, -z, -n, =, != : what kubectl cp and people ask. */
const test: Command = (context, args) => {
  const [first = '', second = '', third = ''] = args.filter((arg) => arg !== ']')
  const node = context.container.files.get(pathIn(context, second))
  const answers: Readonly<Record<string, boolean>> = { '-d': node?.kind === 'folder', '-f': node?.kind === 'file', '-e': node !== undefined, '-z': second === '', '-n': second !== '' }
  const isTrue = second === '=' ? first === third : second === '!=' ? first !== third : answers[first] ?? first !== ''
  return isTrue ? 0 : 1
}

interface TarWish { readonly mode: string; readonly archive: string; readonly folder: string; readonly paths: readonly string[] }

function tarWish(context: Context, args: readonly string[]): TarWish {
  let [mode, archive, folder] = ['', '-', context.state.folder]
  const paths: string[] = []
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!
    if (arg.startsWith('--')) continue
    if (arg === '-C') folder = pathIn(context, args[++index] ?? '.')
    else if (index === 0 || /^-[a-zA-Z]+$/.test(arg)) {
      mode += /[cxt]/.exec(arg)?.[0] ?? ''
      if (arg.endsWith('f')) archive = args[++index] ?? '-'
    } else paths.push(arg)
  }
  return { mode, archive, folder, paths }
}

const tar: Command = async (context, args) => {
  const wish = tarWish(context, args)
  if (wish.mode === 'c') return tarCreate(context, wish)
  if (wish.mode !== 'x' && wish.mode !== 't') {
    context.err('tar: this toy knows cf, xf and tf\n')
    return 2
  }
  const reader = new TarReader()
  const take = (chunk: Buffer) => { for (const entry of reader.push(chunk)) if (wish.mode === 't') context.out(`${entry.path}\n`); else unpack(context, wish.folder, entry) }
  if (wish.archive !== '-') take(context.container.files.read(pathIn(context, wish.archive)))
  else for await (const chunk of context.stdin as AsyncIterable<Buffer>) take(Buffer.from(chunk))
  return 0
}

function unpack({ container: { files } }: Context, folder: string, entry: ReturnType<TarReader['push']>[number]): void {
  const path = resolvePath(folder, entry.path.replace(/^\/+/, ''))
  files.makeFolder(entry.kind === 'folder' ? path : parentOf(path))
  if (entry.kind === 'file') files.write(path, entry.bytes, entry.mode, entry.at)
}

function tarCreate(context: Context, { archive, folder, paths }: TarWish): number {
  const { files } = context.container
  const missing = paths.filter((path) => !files.get(resolvePath(folder, path)))
  for (const path of missing) context.err(`tar: ${path}: Cannot stat: No such file or directory\n`)
  if (paths.some((path) => path.startsWith('/'))) context.err('tar: Removing leading `/\' from member names\n')
  const entries = paths.filter((path) => !missing.includes(path)).flatMap((path) => {
    const top = resolvePath(folder, path)
    return files.below(top).map((one) => {
      const node = files.get(one)!
      return { path: `${path.replace(/\/+$/, '').replace(/^\/+/, '') || '.'}${one.slice(top === '/' ? 0 : top.length)}`, kind: node.kind, mode: node.mode, at: node.at, bytes: node.kind === 'file' ? node.bytes : Buffer.alloc(0) }
    })
  })
  const bytes = packTar(entries)
  if (archive === '-') context.out(bytes)
  else files.write(pathIn(context, archive), bytes)
  return missing.length > 0 ? 2 : 0
}

const count = (args: readonly string[], otherwise: number) => Number(/-?(\d+)/.exec(args.find((arg) => /^-?n?\+?\d+$/.test(arg)) ?? '')?.[1] ?? otherwise)

async function textOf(context: Context, paths: readonly string[]): Promise<string> {
  const path = paths.find((one) => !/^\d+$/.test(one))
  return (path === undefined ? await readAll(context.stdin) : context.container.files.read(pathIn(context, path))).toString()
}

const lines = (text: string) => text.replace(/\n$/, '').split('\n')

const head: Command = async (context, args) => { context.out(`${lines(await textOf(context, split(args).paths)).slice(0, count(args, 10)).join('\n')}\n`); return 0 }
const tail: Command = async (context, args) => { context.out(`${lines(await textOf(context, split(args).paths)).slice(-count(args, 10)).join('\n')}\n`); return 0 }

const wc: Command = async (context, args) => {
  const { flags, paths } = split(args)
  const text = await textOf(context, paths)
  const [newlines, words, bytes] = [text.split('\n').length - 1, text.split(/\s+/).filter(Boolean).length, Buffer.byteLength(text)]
  context.out(`${flags.includes('l') ? newlines : flags.includes('w') ? words : flags.includes('c') ? bytes : `${newlines} ${words} ${bytes}`}\n`)
  return 0
}

/** Plain text, not patterns: a toy needs no regular expressions of strangers. */
const grep: Command = async (context, args) => {
  const { flags, paths } = split(args)
  const [needle = '', ...files] = paths
  const fold = (text: string) => flags.includes('i') ? text.toLowerCase() : text
  const found = lines(await textOf(context, files)).filter((line) => fold(line).includes(fold(needle)) !== flags.includes('v'))
  for (const line of found) context.out(`${line}\n`)
  return found.length > 0 ? 0 : 1
}

export const fileCommands: Readonly<Record<string, Command>> = { ls, cat, mkdir, rm, touch, test, '[': test, tar, head, tail, wc, grep }
