// What a native client is given: a psql command that holds no secret, and a libpq passfile (0600) that does.
// https://www.postgresql.org/docs/current/libpq-pgpass.html
import { rm } from 'node:fs/promises'
import { writePrivate } from '../files.ts'

export interface PassfileEntry { readonly host: string; readonly port: number; readonly password: string }

/** `host:port:*:*:password`; colons and backslashes within a field are escaped. */
export const passfileLine = ({ host, port, password }: PassfileEntry) => `${escapeField(host)}:${port}:*:*:${escapeField(password)}\n`
const escapeField = (text: string) => text.replaceAll(/[\\:]/g, String.raw`\$&`)

export const writePassfile = (path: string, entry: PassfileEntry): Promise<void> => writePrivate(path, passfileLine(entry))
export const removePassfile = (path: string): Promise<void> => rm(path, { force: true })

export interface PsqlOptions {
  readonly passfile: string
  readonly host: string
  readonly port: number
  readonly dbname: string
  /** Further libpq parameters, in order. */
  readonly parameters?: Readonly<Record<string, string>>
  readonly platform?: NodeJS.Platform
}

/** A line to paste into a shell. The user name is free: the gateway knows who calls by the token. */
export function psqlCommand({ passfile, host, port, dbname, parameters = {}, platform = process.platform }: PsqlOptions): string {
  const pairs = Object.entries({ host, port: String(port), dbname, user: 'me', ...parameters })
  const conninfo = pairs.map(([name, value]) => `${name}=${conninfoValue(value)}`).join(' ')
  if (platform === 'win32') return `set "PGPASSFILE=${passfile}" && psql "${conninfo}"`
  return `PGPASSFILE=${shellWord(passfile)} psql ${shellQuoted(conninfo)}`
}

/** libpq 32.1.1.1: a value with blanks, or none, stands in single quotes; quote and backslash are escaped. */
const conninfoValue = (value: string) => /^[\w.:/@%+,=~-]+$/.test(value) ? value : `'${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`
const shellWord = (text: string) => /^[\w./:@%+,=~-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
/** Double quotes read better; where the shell would look inside, single ones. */
const shellQuoted = (text: string) => /["$`\\!]/.test(text) ? `'${text.replaceAll("'", String.raw`'\''`)}'` : `"${text}"`
