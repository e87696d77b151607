// A connection that a command names: there, for this caller, and of the kind that the command is for.
import type { ConnectionKind, ConnectionSummary } from '../shared/connection.ts'
import { GatehouseError } from '../shared/errors.ts'
import type { Account } from '../client/login/account.ts'

type Found = Pick<ConnectionSummary, 'name' | 'kind'>

/** Throws connection_unknown, or input_invalid for one of another kind, with the names there are. */
export async function requireConnection(account: Account, name: string, kind?: ConnectionKind): Promise<Found> {
  const { connections } = await account.call('connections', {})
  const found = connections.find((connection) => connection.name === name)
  const names = connections.filter((connection) => kind === undefined || connection.kind === kind).map((connection) => connection.name).join(', ')
  const others = names === '' ? `you have none${kind === undefined ? '' : ` of kind ${kind}`}` : `yours are ${names}`
  if (found === undefined) throw new GatehouseError('connection_unknown', `there is no connection ${JSON.stringify(name)} for you; ${others}`, { side: 'client' })
  if (kind !== undefined && found.kind !== kind) throw new GatehouseError('input_invalid', `${name} is of kind ${found.kind}, and this is for kind ${kind}; ${others}`, { side: 'client' })
  return found
}
