// How the store fails: it is not there (store_unavailable), or it answered that a statement is wrong, which is a fault of ours.
import { GatehouseError } from '../../shared/errors.ts'

/** The store answered with an error; `sqlState` as PostgreSQL's Appendix A. The message may name values: it is for the log, not for a client. */
export class StatementError extends Error {
  override readonly name = 'StatementError'
  readonly sqlState: string

  constructor(message: string, sqlState: string, options?: ErrorOptions) {
    super(message, options)
    this.sqlState = sqlState
  }
}

export function unavailable(why: string, cause?: unknown): GatehouseError {
  return new GatehouseError('store_unavailable', `the store does not answer: ${why}; what depends on it is refused until it does`, { cause })
}

/** Settles as `work` does, or rejects with store_unavailable after `timeoutMs`; a late answer is dropped. */
export function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(unavailable(`nothing after ${timeoutMs} ms`)), timeoutMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
