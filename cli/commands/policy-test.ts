// `gatehouse policy test`: runs the `tests:` of every policy against the connections it holds on. Decided by the gateway's own
// access, nothing is executed. The exit code is 1 when one fails or cannot be decided.
import type { Command } from 'commander'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { PolicyTest } from '../../shared/policy/policy-test.ts'
import { readConfig } from '../../gateway/config.ts'
import { isMasked, tryCommand } from '../../gateway/pipeline/policy-trial.ts'
import { compileScope } from '../../gateway/policy/compile.ts'
import { loadPolicies } from '../../gateway/policy/load.ts'
import type { PolicySnapshot } from '../../gateway/policy/snapshot.ts'
import { differences, junitOf, principalOf, type TestOutcome, type TestResult } from '../../gateway/policy/test.ts'
import { problemsError } from '../../gateway/yaml-file.ts'
import { maskedUnknown, tryRequest } from '../kubernetes-trial.ts'
import { print, printJson, visible } from '../output.ts'
import { openTrials, type Trials } from '../policy-trials.ts'

interface TestOptions { readonly config: string; readonly offline?: boolean; readonly junit?: string; readonly json?: boolean }

export function registerTest(command: Command): void {
  command.command('test')
    .description('run the tests: of every policy; nothing is executed')
    .requiredOption('--config <file>', 'path of gateway.yaml')
    .option('--offline', 'reach no database: names are taken as written, and tests with masked: fail as not decidable')
    .option('--junit <file>', 'write the results as JUnit XML too')
    .option('--json', 'print an array of { policy, number, connection, run, failures, note }')
    .action(async (options: TestOptions) => {
      const results = await runTests(options)
      if (options.junit !== undefined) writeFileSync(options.junit, junitOf(results))
      if (options.json === true) printJson(results)
      else print(text(results))
      if (results.some(({ failures }) => failures.length > 0)) process.exitCode = 1
    })
}

async function runTests({ config, offline }: TestOptions): Promise<readonly TestResult[]> {
  const snapshot = await snapshotOf(config)
  const trials = openTrials({ config, isOffline: offline === true })
  try {
    const results: TestResult[] = []
    for (const { policy, scope, tests } of snapshot.policies) {
      const here = trials.connections.filter(compileScope(scope))
      for (const [at, test] of tests.entries()) {
        const named = test.connection === undefined ? here : here.filter(({ name }) => name === test.connection)
        const head = { policy, number: at + 1, run: test.run }
        if (named.length === 0) results.push({ ...head, connection: test.connection ?? 'none', failures: ['not decidable: the policy holds on no such connection of this gateway'], note: null })
        for (const connection of named) {
          const { outcome, note } = await outcomeOf(trials, snapshot, { test, connection })
          results.push({ ...head, connection: connection.name, failures: differences(test, outcome), note })
        }
      }
    }
    return results
  } finally {
    await trials.dispose()
  }
}

/** Of gateway.yaml's folder. Throws config_invalid. */
export async function snapshotOf(file: string): Promise<PolicySnapshot> {
  const config = readConfig(file)
  if (!config.ok) throw problemsError(config.problems)
  const load = await loadPolicies(resolve(config.folder, config.written.policies))
  if (!load.ok) throw problemsError(load.problems)
  return load.snapshot
}

interface Case { readonly test: PolicyTest; readonly connection: ConnectionSummary }

async function outcomeOf(trials: Trials, snapshot: PolicySnapshot, { test, connection }: Case): Promise<{ readonly outcome: TestOutcome; readonly note: string | null }> {
  if (connection.kind === 'kubernetes') return { note: null, outcome: requestOutcome(snapshot, { test, connection }) }
  const { catalog, note, describe } = await trials.at(connection)
  const analysis = await trials.analyze(test.run)
  if (analysis.kind !== 'facts') return { note, outcome: { kind: 'undecided', why: analysis.kind === 'failed' ? analysis.reason : analysis.message } }
  const trial = await tryCommand({ snapshot, principal: principalOf(test.as), connection, facts: analysis.facts, catalog, now: test.at ?? Date.now(), lineages: trials.lineages, estimatedRows: test.rows ?? null })
  const described = test.masked === undefined ? { unknown: 'not asked' } : await describe(test.run)
  const masked = 'unknown' in described ? described
    : trial.columns(described.fields).filter(isMasked).map(({ name }) => name)
  return { note, outcome: { kind: 'decided', effect: trial.effect, reason: trial.reason, rule: trial.decision.verdict.rule, masked } }
}

function requestOutcome(snapshot: PolicySnapshot, { test, connection }: Case): TestOutcome {
  const trial = tryRequest(snapshot, { principal: principalOf(test.as), connection, run: test.run, now: test.at ?? Date.now() })
  if (trial.kind === 'undecided') return trial
  const { effect, reason, rule } = trial.verdict
  return { kind: 'decided', effect, reason, rule, masked: maskedUnknown }
}

function text(results: readonly TestResult[]): string {
  const notes = new Set(results.flatMap(({ connection, note }) => (note === null ? [] : [`note: connection ${connection}: ${note}; names are taken as written`])))
  const failed = results.filter(({ failures }) => failures.length > 0)
  const lines = failed.flatMap(({ policy, number, connection, run, failures }) => [`failed: ${policy} test ${number} on ${connection}: ${run}`, ...failures.map((line) => `  ${line}`)])
  return [...notes, ...lines, `${results.length - failed.length} passed, ${failed.length} failed`].map((line) => `${visible(line)}\n`).join('')
}
