// `when:` of a rule: a condition in CEL (github.com/google/cel-spec) over principal, connection, facts and now, by a library whose
// types are checked at load. Only calls that are listed here load, none of which loops or grows, so the cost is bounded by the
// length of the condition and of the lists it goes through. docs/adr/0006.
import { Environment, ParseError, TypeError as CelTypeError } from '@marcbachmann/cel-js'
import type { RuleBody } from '../../shared/policy/rule-body.ts'
import { conditionDepthMax, conditionNodesMax } from '../limits.ts'
import { Moment, momentMethods } from './moment.ts'

/** What a condition may ask of; condition-input.ts makes it. */
export interface ConditionInput {
  readonly principal: Readonly<Record<string, unknown>>
  readonly connection: Readonly<Record<string, unknown>>
  readonly facts: Readonly<Record<string, unknown>>
  readonly now: Moment
}

export interface Condition {
  /** Throws where it cannot be evaluated (a missing claim, a list too long): what that means is the rule's effect's. */
  readonly holds: (input: ConditionInput) => boolean
  /** The clock is part of it. */
  readonly isTimed: boolean
  /** True or false whatever is asked of; null: it depends. */
  readonly constant: boolean | null
}

export type Compiled = { readonly ok: true; readonly condition: Condition } | { readonly ok: false; readonly problem: string }

const limits = { maxAstNodes: conditionNodesMax, maxDepth: conditionDepthMax, maxListElements: 100, maxMapEntries: 0, maxCallArguments: 4 }

const names = 'list<string>'
/** What a condition of a rule of each protocol may ask of `facts`; of the other's it is told so when it loads. */
export const conditionFacts = {
  sql: { kinds: names, tables: names, tablesRead: names, tablesWritten: names, columns: names, functions: names, statements: 'int', hasWhere: 'bool' },
  kubernetes: {
    verb: 'string', privilege: 'string', group: 'string', version: 'string', resource: 'string', subresource: 'string', namespace: 'string', name: 'string', allNamespaces: 'bool',
    labelSelector: 'string', fieldSelector: 'string', fieldManager: 'string', dryRun: 'bool', labels: 'map<string, string>',
    container: 'string', argv: names, tty: 'bool', stdin: 'bool', ports: 'list<int>', path: 'string',
  },
} as const satisfies Record<RuleBody['kind'], object>

const environments = { sql: makeEnvironment(conditionFacts.sql), kubernetes: makeEnvironment(conditionFacts.kubernetes) }

function makeEnvironment(facts: (typeof conditionFacts)[RuleBody['kind']]): Environment {
  const made = new Environment({ limits })
    .registerType('Moment', { ctor: Moment, fields: {} })
    .registerVariable('now', 'Moment')
    .registerVariable({ name: 'principal', schema: { id: 'string', email: 'string', groups: names, kind: 'string', claims: 'map<string, dyn>' } })
    .registerVariable({ name: 'connection', schema: { name: 'string', labels: 'map<string, string>' } })
    .registerVariable({ name: 'facts', schema: facts })
  for (const [method, ask] of Object.entries(momentMethods)) made.registerFunction(`Moment.${method}(string): int`, ask)
  const orders = { '<': (a: number, b: number) => a < b, '<=': (a: number, b: number) => a <= b, '>': (a: number, b: number) => a > b, '>=': (a: number, b: number) => a >= b }
  for (const [sign, holds] of Object.entries(orders)) made.registerOperator(`Moment ${sign} google.protobuf.Timestamp`, (moment: Moment, date: Date) => holds(moment.ms, date.getTime()))
  return made
}

/** Calls a condition may make, beside operators; each costs no more than what it is given is long. */
const calls: ReadonlySet<string> = new Set([...Object.keys(momentMethods), 'has', 'size', 'startsWith', 'endsWith', 'contains', 'lowerAscii', 'string', 'int', 'timestamp'])
/** They go through a list; one inside another would go through it as often as it is long. */
const loops: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one'])

export function compileCondition(text: string, kind: RuleBody['kind']): Compiled {
  try {
    const parsed = environments[kind].parse(text)
    const checked = parsed.check()
    if (!checked.valid) return { ok: false, problem: problemOf(checked.error) }
    if (checked.type !== 'bool') return { ok: false, problem: `is ${checked.type ?? 'of no type'}; expected a condition, true or false` }
    const seen: Seen = { names: new Set(), problem: null }
    look(parsed.ast, { seen, isInLoop: false })
    if (seen.problem !== null) return { ok: false, problem: seen.problem }
    const constant = seen.names.size === 0 ? holdsOf(parsed({})) : null
    return { ok: true, condition: { holds: (input) => holdsOf(parsed(input as unknown as Record<string, unknown>)), isTimed: seen.names.has('now'), constant } }
  } catch (error) {
    return { ok: false, problem: problemOf(error) }
  }
}

function holdsOf(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeError('the condition is neither true nor false')
  return value
}

function problemOf(error: unknown): string {
  const summary = error instanceof ParseError || error instanceof CelTypeError ? (error as Error & { readonly summary?: string }).summary : undefined
  return `is no condition: ${(summary ?? (error instanceof Error ? error.message : 'it cannot be read')).split('\n')[0]}`
}

interface Seen { readonly names: Set<string>; problem: string | null }
interface Place { readonly seen: Seen; readonly isInLoop: boolean }
interface Node { readonly op: string; readonly args: unknown }

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'op' in value && 'args' in value

/** Names, and the first call that may not stand where it does. */
function look(value: unknown, place: Place): void {
  const { seen } = place
  if (Array.isArray(value)) {
    for (const item of value) look(item, place)
    return
  }
  if (!isNode(value)) return
  if (value.op === 'id') seen.names.add(String(value.args))
  if (value.op !== 'call' && value.op !== 'rcall') return look(value.args, place)
  const [name, ...rest] = value.args as readonly [string, ...unknown[]]
  seen.problem ??= callProblem(name, rest, place)
  look(rest, loops.has(name) ? { seen, isInLoop: true } : place)
}

function callProblem(name: string, args: readonly unknown[], { isInLoop }: Place): string | null {
  if (loops.has(name)) return isInLoop ? `${name}() may not stand inside all, exists or exists_one` : null
  if (!calls.has(name)) return `${name}() is not available here; there are ${[...calls, ...loops].sort().join(', ')}`
  const constants = args.flat().flatMap((arg) => (isNode(arg) && arg.op === 'value' && typeof arg.args === 'string' ? [arg.args] : []))
  if (Object.hasOwn(momentMethods, name)) {
    const [zone] = constants
    if (zone === undefined) return `${name}() needs its zone as a constant, such as ${name}("Europe/Berlin") or ${name}("UTC")`
    return isZone(zone) ? null : `${JSON.stringify(zone)} is no time zone`
  }
  if (name === 'timestamp' && !/(Z|[+-]\d\d:\d\d)$/.test(constants[0] ?? '')) return 'timestamp() needs a constant with a zone, such as timestamp("2026-12-24T00:00:00Z")'
  if (name === 'timestamp' && Number.isNaN(Date.parse(constants[0]!))) return `${JSON.stringify(constants[0])} is no timestamp`
  return null
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
