// A reference to a secret, `{ env: NAME }` or `{ file: path }`, into the secret itself. Configuration holds references only, so it
// can be read, logged and committed. Messages name the reference and never what it gave.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { GatehouseError } from '../../shared/errors.ts'
import { secretBytesMax } from '../limits.ts'
import { Secret } from './secret.ts'

export type SecretRef = { readonly env: string } | { readonly file: string }

/** Rejects nothing quietly: a secret that is missing, empty or readable by everyone throws secret_unavailable. `file` is absolute. */
export function resolveSecret(ref: SecretRef, env: NodeJS.ProcessEnv = process.env): Secret<string> {
  return new Secret('env' in ref ? fromEnv(ref.env, env) : fromFile(ref.file))
}

function fromEnv(name: string, env: NodeJS.ProcessEnv): string {
  const value = env[name]
  if (value === undefined || value === '') throw unavailable(`environment variable ${name} is ${value === undefined ? 'not set' : 'empty'}; set it where the gateway starts`)
  return value
}

function fromFile(path: string): string {
  const text = readPrivate(path).replace(/\r?\n$/, '')
  if (text === '') throw unavailable(`${path} is empty`)
  if (text.includes('\0')) throw unavailable(`${path} holds a NUL byte; a secret is text`)
  return text
}

/** The file that is checked is the file that is read: one descriptor for both. */
function readPrivate(path: string): string {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch (error) {
    throw unavailable(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, error)
  }
  try {
    const { mode, size } = fstatSync(descriptor)
    if (process.platform !== 'win32' && (mode & 0o006) !== 0) throw unavailable(`${path} is open to every user of this machine; run: chmod 600 ${path}`)
    if (size > secretBytesMax) throw unavailable(`${path} is ${size} bytes; a secret has at most ${secretBytesMax} (secretBytesMax)`)
    const bytes = Buffer.alloc(secretBytesMax + 1)
    const length = readAll(descriptor, bytes)
    if (length > secretBytesMax) throw unavailable(`${path} is longer than ${secretBytesMax} bytes (secretBytesMax)`)
    return bytes.toString('utf8', 0, length)
  } catch (error) {
    throw error instanceof GatehouseError ? error : unavailable(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, error)
  } finally {
    closeSync(descriptor)
  }
}

function readAll(descriptor: number, into: Buffer): number {
  let length = 0
  for (let read = -1; read !== 0 && length < into.length; length += read) read = readSync(descriptor, into, length, into.length - length, null)
  return length
}

const unavailable = (message: string, cause?: unknown) => new GatehouseError('secret_unavailable', message, { cause })
