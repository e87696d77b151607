// What became of a held command, as a script hears it: one exit code each, the same for `approvals wait` and `sql`.
import type { ApprovalState, ApprovalSummary } from '../shared/approval.ts'

/** 1 is any failure of the command itself. */
export const exitCodes = { approved: 0, used: 0, denied: 3, expired: 4, withdrawn: 5 } as const satisfies Partial<Record<ApprovalState, number>>
export const stillOpenExitCode = 6

export const outcomeHelp = `\nExit codes: 0 approved, 1 failure, ${exitCodes.denied} denied, ${exitCodes.expired} expired, ${exitCodes.withdrawn} withdrawn, ${stillOpenExitCode} still open after --wait.`
export const sqlOutcomeHelp = `\nExit codes: 0 done, 1 failure; of a statement that waited for approval: ${exitCodes.denied} denied, ${exitCodes.expired} expired, ${exitCodes.withdrawn} withdrawn, ${stillOpenExitCode} taken back after --wait.`

/** A failure whose exit code says more than 1. */
export class ExitFailure extends Error {
  override readonly name = 'ExitFailure'
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Of a command that was held and did not run. What was used did run, so its failure is the database's. */
export function refusedExitCode({ state, expiresAt }: Pick<ApprovalSummary, 'state' | 'expiresAt'>, now: number): number {
  switch (state) {
    case 'denied': case 'expired': case 'withdrawn': return exitCodes[state]
    case 'used': return 1
    // The client hears of it before the store does.
    case 'open': case 'approved': return Date.parse(expiresAt) <= now ? exitCodes.expired : exitCodes.withdrawn
  }
}
