// `gatehouse approvals`: what waits for humans, shown whole, decided, and waited for. Deciding twice fails; CI blocks with
// `wait` (or `watch ID`) and tells the outcomes apart by exit code.
import { readFileSync } from 'node:fs'
import { InvalidArgumentError, Option, type Command } from 'commander'
import type { RouteInput } from '../../shared/api.ts'
import type { ApprovalSummary, ApprovalWhole } from '../../shared/approval.ts'
import { GatehouseError } from '../../shared/errors.ts'
import { parseDuration } from '../../shared/policy/duration.ts'
import { openEventStream } from '../../client/events/event-stream.ts'
import type { Account } from '../../client/login/account.ts'
import { statementHash } from '../../gateway/approvals/github/statement-hash.ts'
import { exitCodes, outcomeHelp, stillOpenExitCode } from '../approval-exit.ts'
import { approvalLine, approvalPage, approvalTable, eventLine } from '../approval-text.ts'
import { print, printJson, say } from '../output.ts'
import { gatewayOption, withAccount, type GatewayOption } from '../with-account.ts'

interface JsonOption extends GatewayOption { readonly json?: boolean }

export function register(command: Command): void {
  command.command('list').description('approvals that you asked for or could decide, newest first')
    .addOption(new Option('--filter <which>', 'open: wait for you; mine: you asked; decided: you decided; reviews: passed by break-glass, to be reviewed').choices(['all', 'open', 'mine', 'decided', 'reviews']).default('all'))
    .option('--limit <n>', 'at most so many', positive, 50)
    .option('--json', 'print an array of approvals')
    .option(...gatewayOption).action(list)
  command.command('show').description('one approval, with the whole command').argument('<approval>')
    .option('--json', 'print the approval').option(...gatewayOption).action(show)
  command.command('approve').description('agree to exactly what is shown').argument('<approval>')
    .option('--reason <text>', 'why, for the record').option('--minutes <n>', 'of a grant: shorter than asked for', positive)
    .option('--json', 'print the approval').option(...gatewayOption)
    .action((id: string, options: DecideOptions) => decide(id, 'approve', options))
  command.command('deny').description('refuse it: final').argument('<approval>')
    .option('--reason <text>', 'why, for the requester and the record').option('--json', 'print the approval').option(...gatewayOption)
    .action((id: string, options: DecideOptions) => decide(id, 'deny', options))
  command.command('withdraw').description('take back what you asked').argument('<approval>')
    .option('--reason <text>', 'why, for the record').option('--json', 'print the approval').option(...gatewayOption).action(withdraw)
  command.command('break-glass').description('go on at once where policy lets you; those who are asked are told, and another human reviews it').argument('<approval>')
    .requiredOption('--reason <text>', 'why it cannot wait').requiredOption('--incident <id>', 'the incident it belongs to')
    .option('--json', 'print the approval').option(...gatewayOption).action(breakGlass)
  command.command('review').description('close the review of a break-glass').argument('<approval>')
    .requiredOption('--note <text>', 'what you found').option('--json', 'print the approval').option(...gatewayOption).action(review)
  command.command('watch').description('what happens to approvals, as it happens; of one approval until it is decided').argument('[approval]')
    .option('--wait <time>', 'give up after this time (10m)', duration).option('--json', 'print events, one JSON a line')
    .option(...gatewayOption).addHelpText('after', outcomeHelp)
    .action((id: string | undefined, options: WatchOptions) => (id === undefined ? watch(options) : wait(id, options)))
  command.command('hash').description('what a pull request must hold to agree to a statement of CI: a hash of its exact text and its connection').argument('<file>', 'the statement; - reads standard input')
    .requiredOption('--connection <name>', 'the connection it will run on').action(printHash)
  command.command('wait').description('block until an approval is decided').argument('<approval>')
    .option('--wait <time>', 'give up after this time (10m)', duration).option('--json', 'print the approval')
    .option(...gatewayOption).addHelpText('after', outcomeHelp).action(wait)
}

interface DecideOptions extends JsonOption { readonly reason?: string; readonly minutes?: number }
interface WatchOptions extends JsonOption { readonly wait?: number }

async function list(options: JsonOption & { readonly filter: RouteInput<'approvals'>['filter']; readonly limit: number }): Promise<void> {
  const approvals = await withAccount(options, async (account) => {
    const found: ApprovalSummary[] = []
    for (let before: string | null | undefined; found.length < options.limit && before !== null;) {
      const page: { approvals: ApprovalSummary[]; next: string | null } = await account.call('approvals', { filter: options.filter, limit: Math.min(options.limit - found.length, 200), before })
      found.push(...page.approvals)
      before = page.next
    }
    return found
  })
  if (options.json === true) return printJson(approvals)
  print(approvalTable(approvals))
}

async function show(id: string, options: JsonOption): Promise<void> {
  const approval = await withAccount(options, (account) => account.call('approval', { id }))
  if (options.json === true) return printJson(approval)
  print(approvalPage(approval))
}

async function decide(id: string, decision: 'approve' | 'deny', { reason, minutes, ...options }: DecideOptions): Promise<void> {
  await changed(options, async (account) => {
    // Whoever agrees sees what to, whole, whatever told them of it.
    if (decision === 'approve' && options.json !== true) say(approvalPage(await account.call('approval', { id })))
    return account.call('decideApproval', { id, decision, reason: reason ?? null, minutes })
  })
}

const withdraw = (id: string, { reason, ...options }: DecideOptions): Promise<void> =>
  changed(options, (account) => account.call('withdrawApproval', { id, reason: reason ?? null }))

const breakGlass = (id: string, { reason, incident, ...options }: JsonOption & { readonly reason: string; readonly incident: string }): Promise<void> =>
  changed(options, (account) => account.call('breakGlass', { id, reason, incident }))

const review = (id: string, { note, ...options }: JsonOption & { readonly note: string }): Promise<void> =>
  changed(options, (account) => account.call('reviewApproval', { id, note }))

async function changed(options: JsonOption, change: (account: Account) => Promise<ApprovalWhole>): Promise<void> {
  const approval = await withAccount(options, change)
  if (options.json === true) return printJson(approval)
  print(approvalLine(approval))
}

/** Until it is interrupted, or the time is over. */
async function watch(options: WatchOptions): Promise<void> {
  await withAccount(options, (account) => new Promise<void>((resolve) => {
    const stream = openEventStream({
      account,
      onEvent: (event) => print(options.json === true ? `${JSON.stringify(event)}\n` : eventLine(event)),
      onFresh: () => { if (options.json !== true) say('watching; Ctrl-C ends it') },
      onState: (state) => { if (state.kind === 'waiting') say(`${state.error.message}; trying again`) },
    })
    const end = () => { stream.close(); process.off('SIGINT', end); resolve() }
    process.once('SIGINT', end)
    if (options.wait !== undefined) setTimeout(end, options.wait).unref()
  }))
}

async function wait(id: string, options: WatchOptions): Promise<void> {
  const approval = await withAccount(options, (account) => settled(account, id, options.wait ?? null))
  if (options.json === true) printJson(approval)
  else print(approvalLine(approval))
  process.exitCode = approval.state === 'open' ? stillOpenExitCode : exitCodes[approval.state]
}

function printHash(file: string, { connection }: { readonly connection: string }): void {
  print(`${statementHash(connection, readStatement(file))}\n`)
}

function readStatement(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file === '-' ? 0 : file))
  } catch (error) {
    throw new GatehouseError('input_invalid', `${file} cannot be read as a statement: ${(error as NodeJS.ErrnoException).code ?? 'it is not UTF-8'}`, { side: 'client' })
  }
}

/** The stream says when to look; the API says how it stands. */
async function settled(account: Account, id: string, waitMs: number | null): Promise<ApprovalWhole> {
  const first = await account.call('approval', { id })
  if (first.state !== 'open') return first
  return new Promise((resolve, reject) => {
    const timer = waitMs === null ? undefined : setTimeout(() => look(true), waitMs)
    const stream = openEventStream({ account, onEvent: ({ approval }) => { if (approval.id === id) look(false) }, onFresh: () => look(false) })
    function look(isLast: boolean): void {
      account.call('approval', { id }).then((approval) => { if (isLast || approval.state !== 'open') end(() => resolve(approval)) }, (error: unknown) => end(() => reject(error)))
    }
    function end(settle: () => void): void {
      clearTimeout(timer)
      stream.close()
      settle()
    }
  })
}

function positive(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('a number from 1')
  return number
}

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === null) throw new InvalidArgumentError('a time such as 90s, 10m or 1h')
  return ms
}
