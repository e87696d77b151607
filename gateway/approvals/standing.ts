// Whether what humans are asked, or have agreed to, is still what policy asks about a held command now.
import type { ApprovalNeed } from '../../shared/approval.ts'
import type { Log } from '../log.ts'
import type { Held } from './held.ts'
import { whyNotStanding } from './rules.ts'

/** `standing` null: it is. */
export interface Standing { readonly standing: string | null; readonly need: ApprovalNeed }

/** `snapshot`: the hash of the policies as they are now. */
export function standingOf({ command }: Held, snapshot: string, log: Pick<Log, 'error'>): Standing {
  if (command.reevaluate === undefined) return { need: command.need, standing: snapshot === command.snapshot ? null : 'the policies changed' }
  try {
    const verdict = command.reevaluate()
    return { standing: whyNotStanding(command.need, verdict), need: verdict?.need ?? command.need }
  } catch (error) {
    log.error({ err: error }, 'a held command could not be evaluated again')
    return { standing: whyNotStanding(command.need, null), need: command.need }
  }
}
