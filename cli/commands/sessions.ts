// `gatehouse sessions`: recorded sessions, listed, shown, exported and verified. With `--data` the recordings of a gateway are
// read where they lie, without it: that is how one shows that nothing was changed.
import { InvalidArgumentError, Option, type Command } from 'commander'
import { join } from 'node:path'
import { GatehouseError } from '../../shared/errors.ts'
import type { Frame, VerifyReport } from '../../shared/recording.ts'
import type { SessionSummary } from '../../shared/session.ts'
import type { Account } from '../../client/login/account.ts'
import { asciicast } from '../../gateway/recording/asciicast.ts'
import { exportSession } from '../../gateway/recording/export.ts'
import { createReader } from '../../gateway/recording/reader.ts'
import { listSegments } from '../../gateway/recording/segment-files.ts'
import { verifyJournal, verifySession } from '../../gateway/recording/verify.ts'
import { print, printJson, shownOn, table, visible } from '../output.ts'
import { gatewayOption, withAccount, type GatewayOption } from '../with-account.ts'

/** Frames of a page that is read from a folder. */
const framesReadMax = 500
const dataOption = ['--data <dir>', "read a gateway's data folder instead of asking a gateway"] as const

export function register(command: Command): void {
  command.command('list').description('your sessions, newest first; everyone\'s for a reviewer')
    .option('--connection <name>', 'only of this connection')
    .option('--limit <n>', 'at most so many', positive, 50)
    .option('--json', 'print an array of sessions')
    .option(...gatewayOption)
    .action(list)
  command.command('show').description('what happened in a session').argument('<session>')
    .option('--json', 'print { session, frames }')
    .option(...gatewayOption)
    .action(show)
  command.command('export').description('a recording as JSON lines on stdout; with --data in a form that others can verify').argument('<session>')
    .addOption(new Option('--format <format>', 'asciicast: the terminal of an exec or attach, for players of asciinema').choices(['jsonl', 'asciicast']).default('jsonl'))
    .option(...dataOption)
    .option(...gatewayOption)
    .action(exportOne)
  command.command('verify').description('whether a recording is whole and unchanged; with --data alone, the whole journal').argument('[session]')
    .option('--json', 'print the report')
    .option(...dataOption)
    .option(...gatewayOption)
    .action(verify)
}

async function list(options: GatewayOption & { readonly connection?: string; readonly limit: number; readonly json?: boolean }): Promise<void> {
  const sessions = await withAccount(options, (account) => newest(account, options.connection, options.limit))
  if (options.json === true) return printJson(sessions)
  const rows = sessions.map((session) => [session.id, session.openedAt, session.connection, session.principal.email ?? session.principal.id, session.via, session.state, String(session.commands), String(session.refusals)])
  print(table(['session', 'opened', 'connection', 'who', 'via', 'state', 'commands', 'refusals'], rows))
}

async function newest(account: Account, connection: string | undefined, limit: number): Promise<SessionSummary[]> {
  const sessions: SessionSummary[] = []
  for (let before: string | null = null; sessions.length < limit;) {
    const page: { sessions: SessionSummary[]; next: string | null } = await account.call('sessions', {
      limit: Math.min(limit - sessions.length, 200), ...(connection === undefined ? {} : { connection }), ...(before === null ? {} : { before }),
    })
    sessions.push(...page.sessions)
    if (page.next === null) break
    before = page.next
  }
  return sessions
}

async function show(id: string, options: GatewayOption & { readonly json?: boolean }): Promise<void> {
  await withAccount(options, async (account) => {
    const session = await account.call('session', { id })
    if (options.json === true) return printJson({ session, frames: await allFrames(account, id) })
    print(`${session.id}  ${session.connection}  ${visible(session.principal.email ?? session.principal.id)}  via ${session.via} (${visible(session.client)})\n`)
    print(`opened ${session.openedAt}, ${session.state === 'open' ? 'still open' : `closed ${session.closedAt}: ${visible(session.closeReason ?? '')}`}\n\n`)
    for await (const frame of framesOf(account, id)) print(`${frameLine(frame)}\n`)
  })
}

async function* framesOf(account: Account, id: string): AsyncGenerator<Frame> {
  for (let after: number | null = -1; after !== null;) {
    const page: { frames: Frame[]; next: number | null } = await account.call('frames', { id, after })
    yield* page.frames
    after = page.next
  }
}

async function allFrames(account: Account, id: string): Promise<Frame[]> {
  const frames: Frame[] = []
  for await (const frame of framesOf(account, id)) frames.push(frame)
  return frames
}

function frameLine({ seq, at, kind, data }: Frame): string {
  const time = new Date(at).toISOString().slice(11, 23)
  const what = data.type === 'bytes' ? `${Buffer.byteLength(data.base64, 'base64')} bytes` : sentence(kind, data.value)
  return `${String(seq).padStart(5)}  ${time}  ${kind.padEnd(9)}  ${what}`
}

/** The words a person looks for first; `--json` has the rest. Recorded text is untrusted. */
function sentence(kind: Frame['kind'], value: Readonly<Record<string, unknown>>): string {
  const text = (key: string) => visible(typeof value[key] === 'string' ? value[key] : JSON.stringify(value[key] ?? null))
  switch (kind) {
    case 'command': return text('text')
    case 'verdict': return `${text('effect')}: ${text('reason')}`
    case 'result': return `${text('status')}, ${text('rows')} rows, ${text('bytes')} bytes, ${text('ms')} ms`
    default: return visible(JSON.stringify(value))
  }
}

async function exportOne(id: string, options: GatewayOption & { readonly data?: string; readonly format: 'jsonl' | 'asciicast' }): Promise<void> {
  if (options.format === 'asciicast') return exportTerminal(id, options)
  if (options.data !== undefined) {
    for await (const line of exportSession(await journalIn(options.data), id)) print(`${line}\n`)
    return
  }
  await withAccount(options, async (account) => {
    print(`${JSON.stringify({ type: 'session', session: await account.call('session', { id }) })}\n`)
    for await (const frame of framesOf(account, id)) print(`${JSON.stringify({ type: 'frame', ...frame })}\n`)
    print(`${JSON.stringify({ type: 'end', report: await account.call('verifySession', { id }) })}\n`)
  })
}

async function exportTerminal(id: string, options: GatewayOption & { readonly data?: string }): Promise<void> {
  const write = async (frames: AsyncIterable<Frame>) => {
    for await (const line of asciicast(id, frames)) print(`${line}\n`)
  }
  if (options.data !== undefined) return write(framesIn(await journalIn(options.data), id))
  await withAccount(options, (account) => write(framesOf(account, id)))
}

async function* framesIn(dir: string, id: string): AsyncGenerator<Frame> {
  const reader = createReader({ dir })
  for (let after: number | null = -1; after !== null;) {
    const page: { readonly frames: readonly Frame[]; readonly next: number | null } = await reader.frames(id, { after, limit: framesReadMax })
    yield* page.frames
    after = page.next
  }
}

async function verify(id: string | undefined, options: GatewayOption & { readonly data?: string; readonly json?: boolean }): Promise<void> {
  if (options.data !== undefined && id === undefined) return verifyAll(options.data, options.json === true)
  if (id === undefined) throw new GatehouseError('input_invalid', 'name a session, or give --data to verify a whole journal', { side: 'client' })
  const report = options.data === undefined
    ? await withAccount(options, (account) => account.call('verifySession', { id }))
    : await verifySession(await journalIn(options.data), id)
  if (options.json === true) printJson(report)
  else print(verdict(report))
  if (!report.ok) process.exitCode = 1
}

async function verifyAll(dir: string, isJson: boolean): Promise<void> {
  const report = await verifyJournal(await journalIn(dir))
  if (isJson) printJson(report)
  else {
    print(`${report.ok ? 'ok' : 'DAMAGED'}: ${report.sessions} sessions in ${report.batches} batches of ${report.segments} files; ${report.unclosed} without an end\nhead ${report.head}\n`)
    for (const problem of report.problems) print(`  ${visible(problem)}\n`)
  }
  if (!report.ok) process.exitCode = 1
}

function verdict({ session, ok, frames, head, closed, problems }: VerifyReport): string {
  const end = closed ? 'to its end' : 'up to the last whole batch; the session has no end (still open, or cut by a crash)'
  const lines = [ok ? `ok: ${session}, ${frames} frames, unchanged ${end}` : `DAMAGED: ${session}, ${frames} frames`, `head ${head}`, ...problems.map((problem) => `  ${visible(problem)}`)]
  return lines.map((line) => `${shownOn(process.stdout)(line)}\n`).join('')
}

/** The journal of a gateway's data folder, or the folder itself where it is one. */
async function journalIn(dir: string): Promise<string> {
  for (const candidate of [join(dir, 'recordings'), dir]) {
    const segments = await listSegments(candidate).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
      throw error
    })
    if (segments.length > 0) return candidate
  }
  throw new GatehouseError('not_found', `there are no recordings in ${dir}; --data names the data folder of a gateway`, { side: 'client' })
}

function positive(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('a number from 1')
  return number
}
