// What a test of a policy file expects against what came of it. Pure; how an outcome is found is gateway/pipeline/policy-trial.ts.
import type { PolicyTest } from '../../shared/policy/policy-test.ts'
import type { Principal } from '../../shared/principal.ts'
import type { Effect, RuleRef } from '../../shared/verdict.ts'

export type TestOutcome =
  | {
    readonly kind: 'decided'
    readonly effect: Effect
    readonly reason: string
    readonly rule: RuleRef | null
    /** Names of the masked output columns, or why they are not known. */
    readonly masked: readonly string[] | { readonly unknown: string }
  }
  | { readonly kind: 'undecided'; readonly why: string }

/** A line for each difference; none: the test passes. What cannot be decided fails. */
export function differences(test: PolicyTest, outcome: TestOutcome): readonly string[] {
  if (outcome.kind === 'undecided') return [`not decidable: ${outcome.why}`]
  const lines: string[] = []
  if (outcome.effect !== test.expect) lines.push(`expected ${test.expect}, got ${outcome.effect}: ${outcome.reason}`)
  if (test.rule !== undefined && outcome.rule?.rule !== test.rule) lines.push(`expected rule ${test.rule}, got ${outcome.rule?.rule ?? 'none'}`)
  return test.masked === undefined ? lines : [...lines, ...maskDifferences(test.masked, outcome.masked)]
}

function maskDifferences(expected: readonly string[], masked: Extract<TestOutcome, { kind: 'decided' }>['masked']): readonly string[] {
  if ('unknown' in masked) return [`not decidable: which columns are masked: ${masked.unknown}`]
  return [
    ...expected.filter((name) => !masked.includes(name)).map((name) => `expected ${name} masked, got it clear (or no such column)`),
    ...masked.filter((name) => !expected.includes(name)).map((name) => `expected ${name} clear, got it masked`),
  ]
}

/** Whom a test is about; without an id nobody whom a rule names by id. */
export function principalOf({ id = 'test:someone', groups, email, kind, claims }: PolicyTest['as']): Principal {
  const colon = id.indexOf(':')
  return { id, provider: id.slice(0, Math.max(colon, 0)), subject: id.slice(colon + 1), kind, email: email ?? null, groups, claims }
}

export interface TestResult {
  readonly policy: string
  /** From 1, in its file. */
  readonly number: number
  readonly connection: string
  readonly run: string
  /** Empty: it passed. */
  readonly failures: readonly string[]
  /** What was assumed because no catalog was at hand. */
  readonly note: string | null
}

/** JUnit's XML: one suite a policy, one case a test and connection. */
export function junitOf(results: readonly TestResult[]): string {
  const suites = [...Map.groupBy(results, ({ policy }) => policy)].map(([policy, cases]) =>
    `  <testsuite name="${xml(policy)}" ${counts(cases)}>\n${cases.map(junitCase).join('')}  </testsuite>\n`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts(results)}>\n${suites.join('')}</testsuites>\n`
}

const counts = (cases: readonly TestResult[]): string => `tests="${cases.length}" failures="${cases.filter(({ failures }) => failures.length > 0).length}"`

function junitCase({ policy, number, connection, run, failures }: TestResult): string {
  const head = `    <testcase classname="${xml(`${policy}.${connection}`)}" name="${xml(`${number}: ${run}`)}"`
  if (failures.length === 0) return `${head}/>\n`
  return `${head}>\n      <failure message="${xml(failures[0]!)}">${xml(failures.join('\n'))}</failure>\n    </testcase>\n`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;', '\r': '&#13;', '\t': '&#9;' }

/** Characters that XML 1.0 cannot hold (2.2) become the replacement character. */
function xml(text: string): string {
  return text.toWellFormed().replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd').replace(/[&<>"\n\r\t]/g, (character) => entities[character]!)
}
