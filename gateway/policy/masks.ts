// What the policies say of one principal on one connection before any command: whether they have business there, what is masked.
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Principal } from '../../shared/principal.ts'
import { hasRule, viewOf } from './compile.ts'
import type { MaskSet, PolicySnapshot } from './snapshot.ts'

/** Every mask rule of the connection, exempt ones included: recordings are masked for everyone. */
export function masksFor(snapshot: PolicySnapshot, principal: Principal, connection: ConnectionSummary): MaskSet {
  return viewOf(snapshot, principal, connection).masks
}

/** Any allow or approve rule that is about them; denies and masks alone open nothing. */
export function hasAnyRule(snapshot: PolicySnapshot, principal: Principal, connection: ConnectionSummary): boolean {
  return hasRule(viewOf(snapshot, principal, connection))
}
