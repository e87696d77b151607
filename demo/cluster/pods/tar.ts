// tar, as much of it as `kubectl cp` needs: ustar headers, GNU long names and pax paths when reading, files and folders.
// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06

export interface TarEntry { readonly path: string; readonly kind: 'file' | 'folder' | 'other'; readonly mode: number; readonly at: number; readonly bytes: Buffer }

const blockBytes = 512
const nameBytesMax = 100
const prefixBytesMax = 155

export function packTar(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap((entry) => [...longName(entry.path), header(entry, entry.path), padded(entry.bytes)])
  return Buffer.concat([...parts, Buffer.alloc(blockBytes * 2)])
}

function longName(path: string): readonly Buffer[] {
  if (Buffer.byteLength(path) <= nameBytesMax) return []
  const bytes = Buffer.from(`${path}\0`)
  return [header({ path, kind: 'other', mode: 0, at: 0, bytes }, '././@LongLink', 'L'), padded(bytes)]
}

function header({ kind, mode, at, bytes }: TarEntry, name: string, type = kind === 'folder' ? '5' : '0'): Buffer {
  const block = Buffer.alloc(blockBytes)
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`
  block.write(kind === 'folder' && !name.endsWith('/') ? `${name}/` : name, 0, nameBytesMax, 'utf8')
  block.write(octal(mode, 8), 100)
  block.write(octal(0, 8), 108)
  block.write(octal(0, 8), 116)
  block.write(octal(kind === 'folder' ? 0 : bytes.length, 12), 124)
  block.write(octal(Math.floor(at / 1000), 12), 136)
  block.write('        ', 148)
  block.write(type, 156)
  block.write('ustar\x0000root', 257)
  block.write('root', 297)
  block.write(`${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((blockBytes - bytes.length % blockBytes) % blockBytes)])
}

/** Takes an archive in pieces as they come; entries are given when they are whole. */
export class TarReader {
  #unread = Buffer.alloc(0)
  #longName: string | null = null
  #isDone = false

  push(chunk: Buffer): readonly TarEntry[] {
    if (this.#isDone) return []
    this.#unread = Buffer.concat([this.#unread, chunk])
    const entries: TarEntry[] = []
    while (this.#unread.length >= blockBytes && !this.#isDone) {
      const block = this.#unread.subarray(0, blockBytes)
      if (block.every((byte) => byte === 0)) {
        this.#isDone = true
        break
      }
      const size = number(block, 124, 12)
      const whole = blockBytes + Math.ceil(size / blockBytes) * blockBytes
      if (this.#unread.length < whole) break
      const entry = this.#entry(block, this.#unread.subarray(blockBytes, blockBytes + size))
      if (entry) entries.push(entry)
      this.#unread = this.#unread.subarray(whole)
    }
    return entries
  }

  #entry(block: Buffer, bytes: Buffer): TarEntry | null {
    const type = String.fromCharCode(block[156]!)
    if (type === 'L') {
      this.#longName = text(bytes, 0, bytes.length)
      return null
    }
    if (type === 'x') {
      this.#longName = /^\d+ path=(.*)$/m.exec(bytes.toString())?.[1] ?? null
      return null
    }
    if (type === 'g') return null
    const prefix = block.toString('latin1', 257, 262) === 'ustar' ? text(block, 345, prefixBytesMax) : ''
    const short = text(block, 0, nameBytesMax)
    const path = this.#longName ?? (prefix ? `${prefix}/${short}` : short)
    this.#longName = null
    return { path, kind: type === '5' ? 'folder' : type === '0' || type === '\0' ? 'file' : 'other', mode: number(block, 100, 8) & 0o777, at: number(block, 136, 12) * 1000, bytes: Buffer.from(bytes) }
  }
}

function text(block: Buffer, from: number, length: number): string {
  const end = block.indexOf(0, from)
  return block.toString('utf8', from, end < 0 || end > from + length ? from + length : end)
}

const number = (block: Buffer, from: number, length: number): number => Number.parseInt(text(block, from, length).trim() || '0', 8) || 0
