// Which approvals a pull request may agree to, and what it must carry for one. Pure but for opening the seal.
import type { ApprovalRecord } from '../../store/approvals.ts'
import { githubOf, isActive, reviewersNeeded } from '../rules.ts'
import type { Seal } from '../seal.ts'
import type { Wanted } from './find-pull.ts'
import type { GithubOptions } from './options.ts'
import { statementHash } from './statement-hash.ts'

export interface Question extends Wanted { readonly approval: string }

/** Null: only humans here decide it. Of CI only, without parameters, in a session that has changed nothing: else its text is not its meaning. */
export function questionOf(record: ApprovalRecord, { seal, github, now }: { readonly seal: Pick<Seal, 'open'>; readonly github: Pick<GithubOptions, 'repositories' | 'branch'>; readonly now: number }): Question | null {
  const { id, kind, state, sealed, asked } = record
  const need = githubOf(asked.need)
  if (need === null || kind !== 'command' || state !== 'open' || !isActive(record, now)) return null
  if (asked.requester.kind !== 'ci' || asked.isPlain !== true || sealed === null || !github.repositories.includes(need.repository)) return null
  const opened = seal.open(id, sealed)
  if (!opened.ok || opened.exact.parameters.length > 0) return null
  const { text } = opened.exact
  return { approval: id, repository: need.repository, path: need.path, branch: github.branch, count: reviewersNeeded(asked.need), selves: asked.selves, text, hash: statementHash(asked.connection.name, text) }
}
