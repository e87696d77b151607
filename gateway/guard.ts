// Whether the gateway may serve at all. Once the record cannot be written, or a stop has begun, it never may again.
import { GatehouseError } from '../shared/errors.ts'

export interface Guard {
  readonly isOpen: () => boolean
  /** Throws what closed it. */
  readonly requireOpen: () => void
  close(error: Error): void
  stop(): void
}

export function createGuard(): Guard {
  let closedBy: Error | null = null
  return {
    isOpen: () => closedBy === null,
    requireOpen() {
      if (closedBy !== null) throw closedBy
    },
    close(error) {
      closedBy ??= new GatehouseError('recorder_failed', 'the recording cannot be written, so nobody is served; free the disk of the data folder and start the gateway again', { cause: error })
    },
    stop() {
      closedBy ??= new GatehouseError('gateway_stopping', 'the gateway is stopping; connect again in a moment')
    },
  }
}
