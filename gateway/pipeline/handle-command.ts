// command → recorder.command, written ahead → verdict → forward or refuse. The one place where a command is let through. The
// caller sends a forwarded command upstream in `journal.afterFlush`, so its record is with the kernel first.
import type { VerdictFrameData } from '../../shared/recording.ts'
import { refusalNow, type Clearance } from './clearance.ts'
import type { AskedCommand, Command } from './command.ts'
import { commandFrame, verdictFrame } from './command-frames.ts'
import { RunningCommand } from './handle-output.ts'
import type { Settled } from './hold.ts'
import type { Judgement } from './judgement.ts'
import type { Refusal } from './refusal.ts'
import type { Session } from './session.ts'

export type Outcome<D extends Judgement> = Settled<D> | { readonly kind: 'hold'; readonly command: AskedCommand<D> }

/** What only the values of this execution tell: asked of a command that would run, now or after humans agreed. */
export type Objection<D extends Judgement, C extends Command<D>> = (session: Session, decision: D, command: C) => Refusal | null

/** Throws GatehouseError recorder_failed: then nothing may go upstream and the session ends. */
export function handleCommand<D extends Judgement, C extends Command<D>>(session: Session, command: C & Command<D>, objectionTo: Objection<D, C> | null = null): Outcome<D> {
  const { decision, clearance = null } = command
  const id = `c${++session.commands}`
  const isDecided = 'verdict' in decision
  session.recorder.jsonText('in', 'command', commandFrame(id, command))
  const judged = refusalNow(decision, clearance)
  const mayRun = isDecided && (judged === null || judged.kind === 'needs-approval')
  const refusal = (mayRun ? objectionTo?.(session, decision, command) : null) ?? judged
  // Policy lets it pass by itself: then it says the same each time.
  const passing = isDecided && decision.refusal === null && refusal === null ? decision : null
  session.recorder.jsonText('control', 'verdict', verdictFrame(id, passing, () => verdictData(decision, refusal, clearance)))
  if (refusal === null) return { kind: 'forward', command: new RunningCommand(session, id, decision as D, clearance) }
  if (refusal.kind === 'needs-approval' && isDecided) return { kind: 'hold', command: { id, decision } }
  session.refusals++
  return { kind: 'refuse', refusal }
}

function verdictData(decision: Judgement | Refusal, refusal: Refusal | null, clearance: Clearance | null): Omit<VerdictFrameData, 'command'> {
  const isCleared = refusal === null && 'verdict' in decision && decision.refusal !== null
  const rule = 'verdict' in decision ? decision.verdict.rule : null
  return {
    effect: refusal === null ? 'allow' : refusal.kind === 'needs-approval' ? 'approve' : 'deny',
    rule: rule?.rule ?? null, policy: rule?.policy ?? null,
    reason: refusal?.message ?? (isCleared ? clearance!.why : 'verdict' in decision ? decision.verdict.reason : ''),
    ...('verdict' in decision && decision.verdict.shadow.length > 0 && { shadow: decision.verdict.shadow }),
  }
}
