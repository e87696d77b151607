// What every protocol's decision about one command tells the pipeline, whatever else it holds: enough to record it, to hold it, to
// refuse it or to let it through. SQL's is `Decision` (access.ts), Kubernetes' is `RequestDecision` (protocols/kubernetes).
import type { CommandFacts } from '../../shared/command.ts'
import type { Verdict } from '../../shared/verdict.ts'
import type { Refusal } from './refusal.ts'

export interface Judgement {
  /** What policy was asked about. */
  readonly resolved: CommandFacts
  readonly verdict: Verdict
  /** Why it is refused, of kind `needs-approval` where humans can let it through; null when it may run. */
  readonly refusal: Refusal | null
  /** What the requester wrote into it may be masked: nothing that quotes it is recorded as it is. */
  readonly isTainted: boolean
  /** The command's text as the recording may hold it. */
  recordedText(text: string): string
  recordedParameters(parameters: readonly (string | null)[]): readonly (string | null)[]
}
