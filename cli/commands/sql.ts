// `gatehouse sql NAME -c "…"`: statements one after another through a tunnel, results on stdout, the rest on stderr. Stops at the
// first failure. Ctrl-C cancels what runs, as psql does; a second one ends the session.
import { InvalidArgumentError, Option, type Command } from 'commander'
import { GatehouseError } from '../../shared/errors.ts'
import { writtenReason } from '../../shared/approval.ts'
import { approvalReasonCharactersMax } from '../../shared/limits.ts'
import { parseDuration } from '../../shared/policy/duration.ts'
import type { ColumnMask, ResultColumn } from '../../shared/ipc.ts'
import { openPostgresSession, type PostgresSession } from '../../client/capabilities/sql/postgres-session.ts'
import { masksOf, masksSqlState } from '../../client/capabilities/sql/masks.ts'
import { sayReason } from '../../client/capabilities/sql/reason.ts'
import { split } from '../../client/capabilities/sql/split.ts'
import { sqlErrorOf, type ServerNotice } from '../../client/capabilities/sql/statement.ts'
import { StatementQuery, type ServerError } from '../../client/capabilities/sql/statement-query.ts'
import { typeName } from '../../client/capabilities/sql/type-names.ts'
import { openAccount } from '../../client/login/environment.ts'
import type { Account } from '../../client/login/account.ts'
import { createTunnels } from '../../client/session-proxy/tunnels.ts'
import { ExitFailure, refusedExitCode, sqlOutcomeHelp, stillOpenExitCode } from '../approval-exit.ts'
import { say, visible } from '../output.ts'
import { formats, resultWriters, type Format, type ResultWriter } from '../result-writer.ts'

interface SqlOptions { readonly command: string; readonly format: Format; readonly gateway?: string; readonly wait?: number; readonly reason?: string }

export function register(command: Command): void {
  command
    .argument('<name>', 'the connection')
    .requiredOption('-c, --command <sql>', 'the statements to run')
    .addOption(new Option('--format <format>', 'how results are printed').choices(formats).default('table'))
    .option('--gateway <url>', 'address of the gateway (else GATEHOUSE_URL, else the one used last)')
    .option('--wait <time>', 'take back what has waited for approval for this time (10m)', duration)
    .option('--reason <text>', 'what it is for: who approves it reads it, and a policy may want it', reason)
    .addHelpText('after', `\nMasked columns are marked with * in tables and named on stderr. In tables ∅ is NULL.\n${sqlOutcomeHelp}`)
    .action(runSql)
}

async function runSql(name: string, { command, format, gateway, wait, reason: said }: SqlOptions): Promise<void> {
  const account = await openAccount({ gateway })
  const tunnels = createTunnels(account)
  try {
    const session = await openPostgresSession({ tunnels, connection: name, onLost: () => undefined })
    const stop = stopBySignal(session)
    try {
      if (said !== undefined) await sayReason(session, said)
      for (const { start, end } of split(command)) await runStatement(session, command.slice(start, end), { format, account, waitMs: wait ?? null })
    } finally {
      stop()
      session.end()
    }
  } finally {
    tunnels.dispose()
    await account.dispose()
  }
}

interface Outcome { columns: readonly ResultColumn[]; writer: ResultWriter | null; tag: string; failure: ServerError | null }

interface RunOptions { readonly format: Format; readonly account: Account; readonly waitMs: number | null }

async function runStatement(session: PostgresSession, text: string, { format, account, waitMs }: RunOptions): Promise<void> {
  const { client, tunnel } = session
  const waiting = watchWaiting(session, waitMs)
  const outcome: Outcome = { columns: [], writer: null, tag: '', failure: null }
  const output = createOutput(() => tunnel.destroy())
  let masks: ReadonlyMap<number, ColumnMask> = new Map()

  const notice = (message: ServerNotice) => {
    waiting.note(message)
    if (message.code === masksSqlState) masks = masksOf(message.detail)
    else say(visible(`${message.severity ?? 'NOTICE'}: ${message.message ?? ''}`))
  }
  const query: StatementQuery = new StatementQuery(text, {
    columns(fields) {
      outcome.columns = fields.map((field, index) => ({ name: field.name, type: typeName(field.dataTypeID), mask: masks.get(index) ?? null }))
      outcome.writer = resultWriters[format]({ columns: outcome.columns, write: output.write, isTTY: process.stdout.isTTY })
    },
    row(cells) {
      outcome.writer?.row(cells)
      if (output.isBehind()) query.hold(output.drained())
    },
    complete: (tag) => { outcome.tag = tag },
    failed: (error) => { outcome.failure = error },
  })
  client.on('notice', notice)
  client.query(query)
  await query.ended
  client.off('notice', notice)
  waiting.stop()
  if (outcome.failure === null) outcome.writer?.end()
  await output.done()
  if (outcome.failure !== null) throw await waiting.explain(failureOf(outcome.failure, text), account)
  // The tag of a statement without rows is a person's result, and noise between JSON or CSV.
  if (outcome.writer === null && outcome.tag !== '') (format === 'table' ? process.stdout : process.stderr).write(`${outcome.tag}\n`)
  footer(outcome.columns)
}

/** Of a statement that waits for approval: for how long, and what became of it. */
function watchWaiting(session: PostgresSession, waitMs: number | null) {
  let approval: string | null = null
  let isTakenBack = false
  let timer: NodeJS.Timeout | null = null
  const takeBack = () => {
    isTakenBack = true
    session.cancel().catch((error: Error) => say(visible(`the cancel did not reach the gateway: ${error.message}`)))
  }
  return {
    note({ code, message }: ServerNotice) {
      if (code !== waitingSqlState || approval !== null) return
      approval = /\bap_[0-9A-Z]+/.exec(message ?? '')?.[0] ?? null
      if (waitMs !== null) timer = setTimeout(takeBack, waitMs)
    },
    stop: () => { if (timer !== null) clearTimeout(timer) },
    async explain(failure: GatehouseError, account: Account): Promise<Error> {
      if (approval === null) return failure
      const found = await account.call('approval', { id: approval }).catch(() => null)
      // Unless it was decided at the last moment. The client hears of the end before the store does.
      if (isTakenBack && found !== null && ['open', 'approved', 'withdrawn'].includes(found.state)) return new ExitFailure(`${failure.message} — nobody decided in the time of --wait, so it was taken back`, stillOpenExitCode)
      return found === null ? failure : new ExitFailure(failure.message, refusedExitCode(found, Date.now()))
    },
  }
}

/** Of the notice that a statement waits: docs/adr/0008. */
const waitingSqlState = '01G02'

function reason(text: string): string {
  const said = writtenReason.safeParse(text)
  if (!said.success) throw new InvalidArgumentError(`a reason of 1 to ${approvalReasonCharactersMax} characters`)
  return said.data
}

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === null) throw new InvalidArgumentError('a time such as 90s, 10m or 1h')
  return ms
}

/** Masked values look like any other text: which columns they are is said. */
function footer(columns: readonly ResultColumn[]): void {
  for (const { name, mask } of columns) {
    if (mask !== null) say(visible(`* ${name} is masked (${mask.as}) by rule ${mask.rule} (policy ${mask.policy}): ${mask.why}`))
  }
}

function failureOf(error: ServerError | Error, text: string): GatehouseError {
  const said = sqlErrorOf(error, text)
  const parts = [`${said.code} ${said.message}`, said.detail && `DETAIL: ${said.detail}`, said.hint && `HINT: ${said.hint}`]
  return new GatehouseError(said.isRefusal ? 'forbidden' : 'input_invalid', visible(parts.filter(Boolean).join(' — ')), { side: 'upstream' })
}

/** stdout in pieces of some size; `gone` is called when the reader has left (`| head`). */
function createOutput(gone: () => void) {
  const { stdout } = process
  let held = ''
  const onError = (error: NodeJS.ErrnoException) => { if (error.code === 'EPIPE') gone(); else throw error }
  stdout.on('error', onError)
  const flush = () => { if (held !== '') stdout.write(held); held = '' }
  return {
    write(text: string) {
      held += text
      if (held.length > 64 * 1024) flush()
    },
    isBehind: () => stdout.writableNeedDrain,
    drained: () => new Promise<void>((resolve) => { if (stdout.writableNeedDrain) stdout.once('drain', resolve); else resolve() }),
    async done() {
      flush()
      await this.drained()
      stdout.off('error', onError)
    },
  }
}

function stopBySignal(session: PostgresSession): () => void {
  let asked = 0
  const stop = () => {
    if (asked++ > 0) session.tunnel.destroy(new GatehouseError('upstream_lost', 'ended before the statement followed the cancel', { side: 'client' }))
    else session.cancel().catch((error: Error) => say(visible(`the cancel did not reach the gateway: ${error.message}`)))
  }
  process.on('SIGINT', stop)
  return () => process.off('SIGINT', stop)
}
