// The few PostgreSQL messages a loopback listener must know before it becomes a pipe. No sockets here.
// https://www.postgresql.org/docs/current/protocol-message-formats.html
import { GatehouseError } from '../../shared/errors.ts'
import { startupBytesMax, startupParametersMax } from '../limits.ts'

const sslRequest = 80_877_103
const gssEncRequest = 80_877_104
const cancelRequest = 80_877_102
/** Processes and keys of protocol 3.2 are up to 256 bytes. */
const cancelBytesMax = 12 + 256

export type FirstPacket =
  | { readonly kind: 'encryption' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'startup'; readonly parameters: ReadonlyMap<string, string> }

/** How long the packet is that begins with these eight bytes (length, code), itself included. */
export function firstPacketBytes(head: Buffer): number {
  const length = head.readUInt32BE(0)
  const code = head.readUInt32BE(4)
  if (code === sslRequest || code === gssEncRequest) return exactly(length, 8, 8)
  if (code === cancelRequest) return exactly(length, 16, cancelBytesMax)
  if (code >>> 16 !== 3) throw violation('this is not PostgreSQL protocol 3')
  return exactly(length, 9, startupBytesMax)
}

function exactly(length: number, min: number, max: number): number {
  if (length < min || length > max) throw violation(`a first packet of ${length} bytes is not between ${min} and ${max}`)
  return length
}

export function readFirstPacket(packet: Buffer): FirstPacket {
  const code = packet.readUInt32BE(4)
  if (code === sslRequest || code === gssEncRequest) return { kind: 'encryption' }
  if (code === cancelRequest) return { kind: 'cancel' }
  return { kind: 'startup', parameters: readParameters(packet) }
}

/** Pairs of NUL-ended strings, ended by an empty name; every turn of the loop consumes (threats.md: CVE-2026-6668). */
function readParameters(packet: Buffer): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  let at = 8
  const next = () => {
    const end = packet.indexOf(0, at)
    if (end < 0) throw violation('a startup parameter does not end')
    const text = packet.toString('utf8', at, end)
    at = end + 1
    return text
  }
  for (let name = next(); name !== ''; name = next()) {
    if (parameters.size >= startupParametersMax) throw violation(`more than ${startupParametersMax} startup parameters`)
    if (parameters.has(name)) throw violation('a startup parameter is given twice')
    parameters.set(name, next())
  }
  if (at !== packet.length) throw violation('bytes follow the startup parameters')
  return parameters
}

/** AuthenticationCleartextPassword: on loopback there is nobody between, and the secret is the listener's own. */
export const askPassword = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3])
/** The answer to SSLRequest and GSSENCRequest. */
export const noEncryption = Buffer.from('N')

/** ErrorResponse, severity FATAL. `message` is ours: no NUL can be in it that would end it early. */
export function fatal(sqlState: string, message: string): Buffer {
  const fields = [`SFATAL`, `VFATAL`, `C${sqlState}`, `M${message.replaceAll('\0', ' ')}`].map((field) => Buffer.from(`${field}\0`))
  const body = Buffer.concat([...fields, Buffer.from([0])])
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

export const violation = (what: string) => new GatehouseError('protocol_violation', `${what}; is this a PostgreSQL client?`, { side: 'client' })
