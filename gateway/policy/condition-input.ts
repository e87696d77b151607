// What a `when:` sees of a command. Values that are missing (an unverified email, a claim) are missing there too: asking for one fails,
// which closes the rule, and `has(…)` asks without failing.
import type { SqlCommandFacts } from '../../shared/command.ts'
import type { KubernetesBody, KubernetesCommandFacts } from '../../shared/kubernetes.ts'
import { conditionListMax } from '../limits.ts'
import type { ConditionInput } from './condition.ts'
import type { AskedOf } from './conditions.ts'
import { Moment } from './moment.ts'

export function conditionInput({ principal, connection, facts, now }: AskedOf): ConditionInput {
  const { id, email, groups, kind, claims } = principal
  return {
    principal: { id, ...(email !== null && { email }), groups: bounded(groups), kind, claims },
    connection: { name: connection.name, labels: connection.labels },
    facts: facts.kind === 'sql' ? sqlInput(facts) : kubernetesInput(facts),
    now: new Moment(now),
  }
}

const written: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'merge', 'truncate'])

function sqlInput({ statements }: SqlCommandFacts): ConditionInput['facts'] {
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

function kubernetesInput(facts: KubernetesCommandFacts): ConditionInput['facts'] {
  const { verb, group, version, resource, scope, isDryRun, exec, ports, plain } = facts
  const labels = labelsOf(facts.body)
  return {
    verb, group, version, resource, allNamespaces: scope === 'all', dryRun: isDryRun,
    ...known({
      privilege: facts.privilege, subresource: facts.subresource, namespace: facts.namespace, name: facts.name,
      labelSelector: facts.labelSelector, fieldSelector: facts.fieldSelector, fieldManager: facts.fieldManager, path: plain?.path ?? null, container: exec?.container ?? null,
    }),
    ...(exec !== null && { argv: listed(exec.argv), tty: exec.tty, stdin: exec.stdin }),
    // Where the ports stand in the streams alone, they are not known: nobody can ask that they are none.
    ...(ports.length > 0 && { ports: listed(ports).map(BigInt) }),
    ...(labels !== null && { labels }),
  }
}

function known(values: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).filter((pair): pair is [string, string] => pair[1] !== null))
}

/** Of the whole written object; what a patch leaves of them is not known. */
function labelsOf(body: KubernetesBody | null): Readonly<Record<string, string>> | null {
  if (body?.kind !== 'object') return null
  const metadata = memberOf(body.value, 'metadata')
  const labels = Object.entries(memberOf(metadata, 'labels') ?? {}).filter((pair): pair is [string, string] => typeof pair[1] === 'string')
  return Object.fromEntries(listed(labels))
}

function memberOf(value: unknown, name: string): object | null {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null
  const member = (value as Readonly<Record<string, unknown>>)[name]
  return typeof member === 'object' && member !== null ? member : null
}

function listed<T>(list: readonly T[]): readonly T[] {
  if (list.length > conditionListMax) throw new RangeError(`a list has more than conditionListMax (${conditionListMax}) entries`)
  return list
}

function bounded(list: readonly string[]): readonly string[] {
  return listed([...new Set(list)])
}
