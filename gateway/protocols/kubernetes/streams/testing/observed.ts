// For tests: an observer that keeps what it is told.
import type { ExitStatus, WindowSize } from '../../codec/channels.ts'
import type { ForwardedConnection, StreamObserver } from '../types.ts'

export interface Observed extends StreamObserver {
  readonly inputs: Buffer[]
  readonly outputs: Record<'stdout' | 'stderr', Buffer[]>
  readonly sizes: WindowSize[]
  readonly exits: ExitStatus[]
  readonly connections: ForwardedConnection[]
  readonly counted: { in: number; out: number }
  text(channel: 'stdin' | 'stdout' | 'stderr'): string
}

export function observed(): Observed {
  const inputs: Buffer[] = []
  const outputs = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  const sizes: WindowSize[] = []
  const exits: ExitStatus[] = []
  const connections: ForwardedConnection[] = []
  const counted = { in: 0, out: 0 }
  return {
    inputs, outputs, sizes, exits, connections, counted,
    text: (channel) => Buffer.concat(channel === 'stdin' ? inputs : outputs[channel]).toString('latin1'),
    input: (bytes) => inputs.push(Buffer.from(bytes)) > 0,
    output: (channel, bytes) => outputs[channel].push(Buffer.from(bytes)) > 0,
    resize: (size) => void sizes.push(size),
    exit: (status) => void exits.push(status),
    bytes: (direction, _port, count) => { counted[direction] += count },
    forwarded: (connection) => void connections.push(connection),
  }
}
