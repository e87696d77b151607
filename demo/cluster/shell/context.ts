// What a command of the toy shell runs in: the container's files and environment, its streams, and when it must stop.
import type { Readable } from 'node:stream'
import type { Files } from '../pods/files.ts'

/** The container a shell runs in; one a container, so that what one shell writes another reads. */
export interface Container {
  readonly hostname: string
  readonly files: Files
  readonly env: ReadonlyMap<string, string>
  /** What its own process is, for ps. */
  readonly main: string
  /** Its own process ends, and the kubelet starts the container anew. */
  kill(): void
}

export interface Context {
  readonly container: Container
  /** Of this shell: cd and export change them. */
  readonly state: { folder: string; lastCode: number; readonly env: Map<string, string> }
  readonly stdin: Readable
  out(chunk: string | Buffer): void
  err(text: string): void
  readonly signal: AbortSignal
}

/** Gives the exit code. */
export type Command = (context: Context, args: readonly string[]) => number | Promise<number>

export class Exit extends Error {
  readonly code: number

  constructor(code: number) {
    super(`exit ${code}`)
    this.code = code
  }
}

export async function readAll(stdin: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
