// `gatehouse policy check`: gateway.yaml and its policies, without starting anything and (unless --live) touching a secret. Each
// problem is a line that an editor can open; the exit code is 1 when there is one, and not for warnings.
import type { Command } from 'commander'
import { resolve } from 'node:path'
import type { ConnectionSummary } from '../../shared/connection.ts'
import { compileGlob } from '../../shared/policy/glob.ts'
import { bodyKinds } from '../../shared/policy/rule-body.ts'
import { readConfig } from '../../gateway/config.ts'
import { checkAgainstCatalog, type KnownCatalog } from '../../gateway/policy/check-catalog.ts'
import { checkRules } from '../../gateway/policy/check-rules.ts'
import { compileScope } from '../../gateway/policy/compile.ts'
import { loadPolicies, type PolicyLoad } from '../../gateway/policy/load.ts'
import type { PolicySnapshot } from '../../gateway/policy/snapshot.ts'
import type { Catalog } from '../../gateway/sql/catalog.ts'
import { problemText, type Problem } from '../../gateway/yaml-file.ts'
import { openTrials } from '../policy-trials.ts'
import { registerExplain } from './policy-explain.ts'
import { registerReplay } from './policy-replay.ts'
import { registerPin } from './policy-pin.ts'
import { registerTest } from './policy-test.ts'

interface CheckOptions { readonly config: string; readonly live?: boolean; readonly json?: boolean }

interface CheckResult {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  readonly counts: { readonly policies: number; readonly rules: number; readonly masks: number }
}

export function register(command: Command): void {
  command.command('check')
    .description('check gateway.yaml and every policy file; lists each problem with file, line and column')
    .requiredOption('--config <file>', 'path of gateway.yaml')
    .option('--live', 'ask the connections whether the tables and columns that policies name exist')
    .option('--json', 'print an array of { severity, file, line, column, path, message }')
    .action(async (options: CheckOptions) => {
      const result = await check(options.config, options.live === true)
      process.stdout.write(`${options.json === true ? json(result) : text(result)}\n`)
      if (result.problems.length > 0) process.exitCode = 1
    })
  registerTest(command)
  registerExplain(command)
  registerReplay(command)
  registerPin(command)
}

async function check(file: string, isLive: boolean): Promise<CheckResult> {
  const config = readConfig(file)
  const none = { policies: 0, rules: 0, masks: 0 }
  if (!config.ok) return { problems: config.problems, warnings: [], counts: none }
  const load = await loadPolicies(resolve(config.folder, config.written.policies))
  if (!load.ok) return { problems: load.problems, warnings: config.warnings, counts: none }
  const { policies } = load.snapshot
  return {
    problems: [],
    warnings: [
      ...config.warnings,
      ...unusedScopes(load.snapshot, config.written.connections.map(({ name }) => name), load.files),
      ...ofAnotherKind(load.snapshot, config.written.connections).map(({ policy, path, message }) => load.problemAt(policy, path, message)),
      ...checkRules(policies).map(({ policy, rule, message }) => load.problemAt(policy, ['rules', rule], message)),
      ...(isLive ? await unknownNames(file, load) : []),
    ],
    counts: {
      policies: policies.length,
      rules: policies.reduce((sum, { rules }) => sum + rules.length, 0),
      masks: policies.reduce((sum, { masks }) => sum + masks.length, 0),
    },
  }
}

/** A misspelt connection makes a deny that never applies: not an error, since a folder may serve several gateways, but said. */
function unusedScopes({ policies }: PolicySnapshot, connections: readonly string[], files: readonly string[]): Problem[] {
  return policies.flatMap(({ scope }, at) => (scope.kind === 'labels' ? [] : scope.names.flatMap((name, index) => {
    const matches = compileGlob(name, '.')
    if (connections.some((connection) => matches(connection))) return []
    return [{ file: files[at] ?? '', line: 1, column: 1, path: `connections[${index}]`, message: `${name} is no connection of this gateway` }]
  })))
}

/** A rule of Kubernetes in a policy of databases is about nothing there. Only where the policy holds on something at all. */
function ofAnotherKind({ policies }: PolicySnapshot, connections: readonly Pick<ConnectionSummary, 'name' | 'kind' | 'labels'>[]) {
  return policies.flatMap(({ scope, rules }, policy) => {
    const kinds = new Set(connections.filter(compileScope(scope)).map(({ kind }) => bodyKinds[kind]))
    return rules.flatMap(({ body }, at) => (kinds.size === 0 || kinds.has(body.kind) ? [] : [
      { policy, path: ['rules', at], message: `never takes effect: it is of ${body.kind}, and the policy holds on no such connection of this gateway` },
    ]))
  })
}

async function unknownNames(file: string, load: Extract<PolicyLoad, { ok: true }>): Promise<readonly Problem[]> {
  const trials = openTrials({ config: file, isOffline: false })
  const problems: Problem[] = []
  try {
    for (const connection of trials.connections.filter(({ kind }) => kind === 'postgres')) {
      const { catalog, note } = await trials.at(connection)
      const known = catalog === null ? null : knownOf(catalog)
      for (const [at, policy] of load.snapshot.policies.entries()) {
        if (!compileScope(policy.scope)(connection)) continue
        if (known === null) problems.push(load.problemAt(at, [], `names are not checked on connection ${connection.name}: ${note ?? 'no catalog'}`))
        else problems.push(...checkAgainstCatalog(policy, known, `connection ${connection.name}`).map(({ path, message }) => load.problemAt(at, path, message)))
      }
    }
  } finally {
    await trials.dispose()
  }
  return problems
}

function knownOf({ byOid, derivations, userFunctions }: Catalog): KnownCatalog {
  return {
    relations: [...byOid.values()].map(({ schema, name, columns }) => ({ schema, name, columns: columns.map((column) => column.name) })),
    functions: { system: [...derivations?.systemFunctions.keys() ?? []], other: [...userFunctions, ...derivations?.otherFunctions.keys() ?? []] },
  }
}

function text({ problems, warnings, counts }: CheckResult): string {
  const lines = [...problems.map(problemText), ...warnings.map((warning) => `warning: ${problemText(warning)}`)]
  if (problems.length > 0) return [...lines, `${problems.length} problem${problems.length === 1 ? '' : 's'}`].join('\n')
  return [...lines, `ok: ${counts.policies} policies, ${counts.rules} rules, ${counts.masks} masks`].join('\n')
}

const json = ({ problems, warnings }: CheckResult): string => JSON.stringify([
  ...problems.map((problem) => ({ severity: 'error', ...problem })),
  ...warnings.map((warning) => ({ severity: 'warning', ...warning })),
], null, 2)
