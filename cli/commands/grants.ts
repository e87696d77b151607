// `gatehouse grants`: time-boxed access to a class of statements. It is asked for here and decided as any other approval
// (`gatehouse approvals approve ID --minutes …`).
import { InvalidArgumentError, Option, type Command } from 'commander'
import type { Grant } from '../../shared/approval.ts'
import { GatehouseError } from '../../shared/errors.ts'
import { parseDuration } from '../../shared/policy/duration.ts'
import { approvalLine } from '../approval-text.ts'
import { print, printJson, table } from '../output.ts'
import { gatewayOption, withAccount, type GatewayOption } from '../with-account.ts'

interface JsonOption extends GatewayOption { readonly json?: boolean }
interface RequestOptions extends JsonOption { readonly sql?: readonly string[]; readonly kubernetes?: readonly string[]; readonly on?: readonly string[]; readonly for: number; readonly reason: string }

export function register(command: Command): void {
  command.command('list').description('grants that are yours or that you could have decided')
    .option('--all', 'those that have ended too').option('--json', 'print an array of grants').option(...gatewayOption).action(list)
  command.command('request').description('ask for access: gatehouse grants request shop --sql delete --on "public.*" --for 1h --reason INC-42').argument('<connection>')
    .addOption(new Option('--sql <kinds...>', 'kinds of statement, in the words of a policy; "*" is every kind').conflicts('kubernetes'))
    .option('--kubernetes <verbs...>', 'of a cluster: verbs and privileges, in the words of a policy; "*" is every verb and no privilege')
    .option('--on <globs...>', 'globs over schema.table, or over namespace/resource such as shop/pods/exec, -/nodes for what is in no namespace (else any)')
    .requiredOption('--for <time>', 'how long, such as 30m or 1h', minutes).requiredOption('--reason <text>', 'what it is for')
    .option('--json', 'print the approval').option(...gatewayOption).action(request)
  command.command('revoke').description('end it now: its sessions end within seconds').argument('<grant>')
    .option('--reason <text>', 'why, for the record').option('--json', 'print the grant').option(...gatewayOption).action(revoke)
}

async function list(options: JsonOption & { readonly all?: boolean }): Promise<void> {
  const { grants } = await withAccount(options, (account) => account.call('grants', { filter: options.all === true ? 'all' : 'active' }))
  if (options.json === true) return printJson(grants)
  print(table(['grant', 'state', 'who', 'connection', 'what', 'until', 'for'], grants.map(rowOf)))
}

async function request(connection: string, { sql, kubernetes, on, for: time, reason, ...options }: RequestOptions): Promise<void> {
  const kinds = sql ?? kubernetes
  if (kinds === undefined) throw new GatehouseError('input_invalid', 'say what you want to do: --sql of a database, --kubernetes of a cluster', { side: 'client' })
  const approval = await withAccount(options, (account) => account.call('requestGrant', { connection, kinds, on: on ?? null, minutes: time, purpose: reason }))
  if (options.json === true) return printJson(approval)
  print(approvalLine(approval))
}

async function revoke(id: string, { reason, ...options }: JsonOption & { readonly reason?: string }): Promise<void> {
  const grant = await withAccount(options, (account) => account.call('revokeGrant', { id, reason: reason ?? null }))
  if (options.json === true) return printJson(grant)
  print(`${grant.id} ${grant.state}\n`)
}

function rowOf({ id, state, principal, connection, kinds, on, expiresAt, purpose }: Grant): readonly string[] {
  return [id, state, principal.email ?? principal.id, connection, `${kinds.join(', ')}${on === null ? '' : ` on ${on.join(', ')}`}`, expiresAt, purpose]
}

function minutes(text: string): number {
  const ms = parseDuration(text)
  if (ms === null || ms < 60_000) throw new InvalidArgumentError('a time from one minute, such as 30m or 1h')
  return Math.floor(ms / 60_000)
}
