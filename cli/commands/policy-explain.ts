// `gatehouse policy explain`: what would become of a statement and why: each rule, each access, each masked column. Nothing runs.
import { InvalidArgumentError, type Command } from 'commander'
import { GatehouseError } from '../../shared/errors.ts'
import { policyTestSchema, type PolicyTest } from '../../shared/policy/policy-test.ts'
import { tryCommand, type TriedColumn } from '../../gateway/pipeline/policy-trial.ts'
import { accessText, explain, type Explanation } from '../../gateway/policy/explain.ts'
import { principalOf } from '../../gateway/policy/test.ts'
import type { Verdict } from '../../shared/verdict.ts'
import type { PolicySnapshot } from '../../gateway/policy/snapshot.ts'
import { maskedUnknown, tryRequest } from '../kubernetes-trial.ts'
import { print, printJson, visible } from '../output.ts'
import { openTrials } from '../policy-trials.ts'
import { snapshotOf } from './policy-test.ts'

interface ExplainOptions {
  readonly config: string
  readonly as: PolicyTest['as']
  readonly connection: string
  readonly run: string
  readonly offline?: boolean
  readonly json?: boolean
}

interface Report extends Explanation {
  readonly effect: Verdict['effect']
  readonly reason: string
  readonly limit: Verdict['limit']
  /** What the guard of masks objects, policy having allowed it. */
  readonly objection: string | null
  readonly columns: readonly TriedColumn[] | { readonly unknown: string }
  readonly note: string | null
}

export function registerExplain(command: Command): void {
  command.command('explain')
    .description('say what would become of a statement or request, and why; nothing is executed')
    .requiredOption('--config <file>', 'path of gateway.yaml')
    .requiredOption('--as <who>', 'JSON as in tests:, or key=value,… such as groups=analysts,kind=human', parseAs)
    .requiredOption('--connection <name>', 'a connection of gateway.yaml')
    .requiredOption('--run <command>', 'the statement; of a Kubernetes connection the request, such as "delete pods/web-1 -n shop"')
    .option('--offline', 'reach no database: names are taken as written, and columns are not known')
    .option('--json', 'print the report as JSON')
    .action(async (options: ExplainOptions) => {
      const report = await reportOf(options)
      if (options.json === true) printJson(report)
      else print(text(report))
    })
}

/** A key that comes again adds to a list. */
function parseAs(written: string): PolicyTest['as'] {
  const parsed = policyTestSchema.shape.as.safeParse(written.trimStart().startsWith('{') ? json(written) : pairs(written))
  if (parsed.success) return parsed.data
  throw new InvalidArgumentError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
}

function json(written: string): unknown {
  try {
    return JSON.parse(written)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}

function pairs(written: string): Record<string, string | string[]> {
  const found = new Map<string, string[]>()
  for (const pair of written.split(',')) {
    const at = pair.indexOf('=')
    if (at < 1) throw new InvalidArgumentError(`${pair} is not key=value`)
    const key = pair.slice(0, at).trim()
    found.set(key, [...found.get(key) ?? [], pair.slice(at + 1)])
  }
  return Object.fromEntries([...found].map(([key, values]) => [key, values.length === 1 ? values[0]! : values]))
}

async function reportOf({ config, as, connection: name, run, offline }: ExplainOptions): Promise<Report> {
  const snapshot = await snapshotOf(config)
  const trials = openTrials({ config, isOffline: offline === true })
  try {
    const connection = trials.connections.find((one) => one.name === name)
    if (connection === undefined) throw new GatehouseError('config_invalid', `${name} is no connection of this gateway`)
    if (connection.kind === 'kubernetes') return requestReport(snapshot, { principal: principalOf(as), connection, run, now: Date.now() })
    const analysis = await trials.analyze(run)
    if (analysis.kind !== 'facts') throw new GatehouseError('config_invalid', `not decidable: ${analysis.kind === 'failed' ? analysis.reason : analysis.message}`)
    const { catalog, note, describe } = await trials.at(connection)
    const principal = principalOf(as)
    const trial = await tryCommand({ snapshot, principal, connection, facts: analysis.facts, catalog, now: Date.now(), lineages: trials.lineages })
    const { verdict, refusal, resolved } = trial.decision
    const described = await describe(run)
    return {
      effect: trial.effect, reason: trial.reason, limit: verdict.limit, objection: verdict.effect === 'allow' ? refusal?.message ?? null : null,
      ...explain(snapshot, principal, connection, resolved, Date.now()),
      columns: 'unknown' in described ? described : trial.columns(described.fields), note,
    }
  } finally {
    await trials.dispose()
  }
}

function requestReport(snapshot: PolicySnapshot, asked: Parameters<typeof tryRequest>[1]): Report {
  const trial = tryRequest(snapshot, asked)
  if (trial.kind === 'undecided') throw new GatehouseError('config_invalid', `not decidable: ${trial.why}`)
  const { effect, reason, limit } = trial.verdict
  return { effect, reason, limit, objection: null, ...explain(snapshot, asked.principal, asked.connection, trial.facts, asked.now), columns: maskedUnknown, note: null }
}

function text({ effect, reason, limit, rules, accesses, columns, objection, note }: Report): string {
  const limits = [...(limit.rows === null ? [] : [`${limit.rows} rows`]), ...(limit.seconds === null ? [] : [`${limit.seconds} s`])]
  const lines = [
    `${effect}: ${reason}`,
    ...(note === null ? [] : [`note: ${note}; names are taken as written`]),
    ...(limits.length === 0 ? [] : [`limit: ${limits.join(', ')}`]),
    ...(objection === null ? [] : [`guard: ${objection}`]),
    'rules:', ...rules.map(({ rule, effect: does, isMatch, isShadow, why }) => `  ${isMatch ? '+' : '-'} ${rule.policy}/${rule.rule} (${does}${isShadow ? ', shadow' : ''}) ${why}`),
    'accesses:', ...accesses.map((access) => `  ${accessText(access)}: ${allowed(access)}`),
    ...('unknown' in columns ? [`columns: not known: ${columns.unknown}`]
      : ['columns:', ...columns.map(({ name, treatment, as, why }) => `  ${name}: ${as === null ? treatment : as === 'redact' ? 'masked' : `masked as ${as}`}${why === null ? '' : ` (${why})`}`)]),
  ]
  return lines.map((line) => `${visible(line)}\n`).join('')
}

function allowed({ isFree, allowedBy }: Explanation['accesses'][number]): string {
  if (isFree) return 'needs no rule of its own'
  return allowedBy.length === 0 ? 'no rule allows it' : `allowed by ${allowedBy.map(({ policy, rule }) => `${policy}/${rule}`).join(', ')}`
}
