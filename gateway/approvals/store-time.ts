// What time it is where it decides whether an approval still stands: the later of the gateway's clock and the store's. A gateway whose
// clock is behind, or was set back before it started, then finds expired what is.
import type { ApprovalTx } from '../store/approvals.ts'

export const latestOf = async (tx: Pick<ApprovalTx, 'time'>, now: number): Promise<number> => Math.max(now, await tx.time())
