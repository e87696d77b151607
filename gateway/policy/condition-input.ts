// What a `when:` sees of a command. Values that are missing (an unverified email, a claim) are missing there too: asking for one fails,
// which closes the rule, and `has(…)` asks without failing.
import type { SqlCommandFacts } from '../../shared/command.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Principal } from '../../shared/principal.ts'
import { conditionListMax } from '../limits.ts'
import type { ConditionInput } from './condition.ts'
import { Moment } from './moment.ts'

export function conditionInput(principal: Principal, connection: ConnectionSummary, facts: SqlCommandFacts, now: number): ConditionInput {
  const { id, email, groups, kind, claims } = principal
  return {
    principal: { id, ...(email !== null && { email }), groups: bounded(groups), kind, claims },
    connection: { name: connection.name, labels: connection.labels },
    facts: factsInput(facts),
    now: new Moment(now),
  }
}

const written: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'merge', 'truncate'])

function factsInput({ statements }: SqlCommandFacts): ConditionInput['facts'] {
  const accesses = statements.flatMap((one) => one.accesses)
  const kinds = [...statements.map(({ statement }) => statement.kind), ...accesses.map(({ kind }) => kind)]
  const tables = (isMeant: (kind: string) => boolean) => bounded(accesses.flatMap(({ kind, relations }) => (isMeant(kind) ? relations : [])))
  return {
    kinds: bounded(kinds),
    tables: tables(() => true),
    tablesRead: tables((kind) => kind === 'select'),
    tablesWritten: tables((kind) => written.has(kind)),
    columns: bounded(statements.flatMap(({ statement }) => statement.columns.map(({ name }) => name))),
    functions: bounded(statements.flatMap(({ statement }) => statement.functions.map(({ schema, name }) => (schema === null ? name : `${schema}.${name}`)))),
    statements: BigInt(statements.length),
    hasWhere: !kinds.some((kind) => kind === 'update-without-where' || kind === 'delete-without-where'),
  }
}

function bounded(list: readonly string[]): readonly string[] {
  const distinct = [...new Set(list)]
  if (distinct.length > conditionListMax) throw new RangeError(`a list has more than conditionListMax (${conditionListMax}) names`)
  return distinct
}
