// The functions of the database's own that policies have pinned on a connection; kept as long as the snapshot lives.
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { FunctionPin } from '../../shared/policy/functions.ts'
import { compileScope } from './compile.ts'
import type { PolicySnapshot } from './snapshot.ts'

const kept = new WeakMap<PolicySnapshot, Map<string, readonly FunctionPin[]>>()

export function pinsFor(snapshot: PolicySnapshot, connection: ConnectionSummary): readonly FunctionPin[] {
  let byConnection = kept.get(snapshot)
  if (byConnection === undefined) kept.set(snapshot, (byConnection = new Map()))
  let pins = byConnection.get(connection.name)
  if (pins === undefined) byConnection.set(connection.name, (pins = snapshot.policies.filter(({ scope }) => compileScope(scope)(connection)).flatMap(({ functions }) => functions ?? [])))
  return pins
}
