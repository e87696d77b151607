// The files of one container, in memory: folders and files by absolute path, gone when the pod is.

export type Node = { readonly kind: 'folder'; readonly mode: number; readonly at: number } | { readonly kind: 'file'; readonly mode: number; readonly at: number; readonly bytes: Buffer }

export interface Listed { readonly name: string; readonly node: Node }

/** One pod's files cannot eat the demo's memory. */
export const fileBytesMax = 64 * 1024 * 1024

export class FileProblem extends Error {}

export class Files {
  readonly #nodes = new Map<string, Node>([['/', { kind: 'folder', mode: 0o755, at: Date.now() }]])
  #bytes = 0

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const folder of ['/bin', '/etc', '/tmp', '/var/log', '/home', '/root', '/proc']) this.makeFolder(folder)
    for (const [path, text] of Object.entries(files)) {
      this.makeFolder(parentOf(path))
      this.write(path, Buffer.from(text))
    }
  }

  get(path: string): Node | undefined {
    return this.#nodes.get(path)
  }

  isFolder(path: string): boolean {
    return this.#nodes.get(path)?.kind === 'folder'
  }

  read(path: string): Buffer {
    const node = this.#nodes.get(path)
    if (!node) throw new FileProblem('No such file or directory')
    if (node.kind === 'folder') throw new FileProblem('Is a directory')
    return node.bytes
  }

  write(path: string, bytes: Buffer, mode = 0o644, at = Date.now()): void {
    const before = this.#nodes.get(path)
    if (before?.kind === 'folder') throw new FileProblem('Is a directory')
    if (!this.isFolder(parentOf(path))) throw new FileProblem('No such file or directory')
    const size = this.#bytes - (before?.bytes.length ?? 0) + bytes.length
    if (size > fileBytesMax) throw new FileProblem('No space left on device')
    this.#bytes = size
    this.#nodes.set(path, { kind: 'file', mode, at, bytes })
  }

  /** With those above it. */
  makeFolder(path: string, mode = 0o755): void {
    if (path === '/') return
    const node = this.#nodes.get(path)
    if (node?.kind === 'file') throw new FileProblem('File exists')
    if (node) return
    this.makeFolder(parentOf(path))
    this.#nodes.set(path, { kind: 'folder', mode, at: Date.now() })
  }

  list(path: string): readonly Listed[] {
    if (!this.isFolder(path)) throw new FileProblem(this.#nodes.has(path) ? 'Not a directory' : 'No such file or directory')
    return [...this.#nodes].filter(([one]) => one !== '/' && parentOf(one) === path).map(([one, node]) => ({ name: nameOf(one), node }))
      .sort((one, other) => one.name < other.name ? -1 : 1)
  }

  /** A folder with all that is in it. */
  remove(path: string): void {
    if (!this.#nodes.has(path)) throw new FileProblem('No such file or directory')
    for (const [one, node] of this.#nodes) {
      if (one !== path && !one.startsWith(`${path}/`)) continue
      this.#nodes.delete(one)
      if (node.kind === 'file') this.#bytes -= node.bytes.length
    }
  }

  /** The path itself and everything below it, folders before what is in them. */
  below(path: string): readonly string[] {
    return [...this.#nodes.keys()].filter((one) => one === path || one.startsWith(path === '/' ? '/' : `${path}/`)).sort()
  }
}

export const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** `path` as seen from `folder`, without `.` and `..`; never above the root. */
export function resolvePath(folder: string, path: string): string {
  const steps: string[] = []
  for (const step of (path.startsWith('/') ? path : `${folder}/${path}`).split('/')) {
    if (step === '..') steps.pop()
    else if (step !== '' && step !== '.') steps.push(step)
  }
  return `/${steps.join('/')}`
}
