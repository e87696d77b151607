// What the recording keeps of streams: of exec and attach the terminal itself (input, output, sizes, exit status), of a portforward its
// connections, with bytes and duration. What is over the cap is counted, and said once.
import type { RunningCommand } from '../../pipeline/handle-output.ts'
import type { Judgement } from '../../pipeline/judgement.ts'
import type { Session } from '../../pipeline/session.ts'
import type { ForwardedConnection, StreamObserver } from './streams/types.ts'

export class StreamRecord implements StreamObserver {
  /** How it ended, of exec and attach; null: it was cut. */
  status: string | null = null
  readonly #session: Session
  readonly #command: RunningCommand<Judgement>
  readonly #max: number
  #room: number

  constructor(session: Session, command: RunningCommand<Judgement>, recordedBytesMax: number) {
    this.#session = session
    this.#command = command
    this.#max = recordedBytesMax
    this.#room = recordedBytesMax
  }

  input(bytes: Buffer): boolean {
    return this.#keep('in', bytes)
  }

  output(_: 'stdout' | 'stderr', bytes: Buffer): boolean {
    return this.#keep('out', bytes)
  }

  resize(size: Parameters<StreamObserver['resize']>[0]): void {
    if (this.#session.isEnded) return
    this.#session.recorder.json('in', 'resize', { command: this.#command.id, ...size })
  }

  exit(status: Parameters<StreamObserver['exit']>[0]): void {
    this.status = status.code === null ? 'failed' : `exit ${status.code}`
  }

  bytes(_: 'in' | 'out', __: number | null, count: number): void {
    this.#command.bytes += count
  }

  forwarded(connection: ForwardedConnection): void {
    if (this.#session.isEnded) return
    this.#session.recorder.json('control', 'notice', { command: this.#command.id, text: `port ${connection.port}${connection.isRefused ? ' refused' : ''}`, ...connection })
  }

  #keep(direction: 'in' | 'out', bytes: Buffer): boolean {
    if (this.#session.isEnded) return false
    if (bytes.length > this.#room) {
      if (this.#room > 0) this.#session.recorder.json('control', 'truncated', { command: this.#command.id, limit: 'kubernetesRecordedStreamBytesMax', bytesMax: this.#max })
      this.#room = 0
      return false
    }
    this.#room -= bytes.length
    if (bytes.length > 0) this.#session.recorder.bytes(direction, 'output', [bytes])
    return true
  }
}
