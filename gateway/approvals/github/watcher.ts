// Asks GitHub, while something waits that a pull request may agree to. Every gateway of a store does; the first one agrees. What
// fails is tried again later, slower each time, and approves nothing meanwhile.
import { approvalsListedMax, githubPollMs, githubPollSlowMs } from '../../limits.ts'
import type { Log } from '../../log.ts'
import type { ApprovalRows } from '../../store/approvals.ts'
import type { Bus } from '../bus.ts'
import type { Seal } from '../seal.ts'
import { agree } from './agree.ts'
import { createGithubClient } from './client.ts'
import { createPullFinder, type PullFinder } from './find-pull.ts'
import type { GithubOptions } from './options.ts'
import { questionOf, type Question } from './question.ts'

export interface WatcherParts {
  readonly github: GithubOptions
  readonly rows: ApprovalRows
  readonly bus: Bus
  readonly seal: Pick<Seal, 'open'>
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly now?: () => number
  readonly pollMs?: number
  readonly finder?: PullFinder
}

export interface Watcher {
  /** Once through what is open now. Never rejects. */
  run(): Promise<void>
  dispose(): Promise<void>
}

export function createGithubWatcher({ github, rows, bus, seal, log, now = Date.now, pollMs = githubPollMs, finder = createPullFinder(createGithubClient(github)) }: WatcherParts): Watcher {
  let running: Promise<void> | null = null
  let isDisposed = false
  let failures = 0
  /** Asked about at least once: what is new is asked about at once, the merge being often done by then. */
  let known: ReadonlySet<string> = new Set()
  let timer: NodeJS.Timeout | null = null

  async function once(onlyNew: boolean): Promise<void> {
    const open = await rows.list({ kind: 'active' }, { limit: approvalsListedMax })
    const questions = open.flatMap((record) => questionOf(record, { seal, github, now: now() }) ?? [])
    const failed: unknown[] = []
    // One repository that fails must not keep the others from being asked.
    for (const question of questions) {
      if (isDisposed || (onlyNew && known.has(question.approval))) continue
      await ask(question).catch((error: unknown) => { failed.push(error) })
    }
    known = new Set(questions.map(({ approval }) => approval))
    if (failed.length > 0) throw failed[0]
  }

  async function ask(question: Question): Promise<void> {
    const found = await finder(question, now())
    if (found === null || isDisposed) return
    const whyNot = await rows.transaction((tx) => agree(tx, question, found, now()))
    log.info({ approval: question.approval, pull: found.url, whyNot }, whyNot === null ? 'a merged pull request agreed to an approval' : 'a merged pull request does not count')
    if (whyNot === null) bus.nudge()
  }

  function run(onlyNew = false): Promise<void> {
    return running ??= once(onlyNew).then(() => { failures = 0 }, (error: unknown) => {
      failures++
      // A NoAnswer's message names no address and no token; of anything else only its kind is said.
      log.warn({ why: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown', failures }, 'GitHub could not be asked about approvals; tried again')
    }).finally(() => { running = null })
  }

  const again = () => {
    if (isDisposed) return
    timer = setTimeout(() => void run().then(again), Math.min(pollMs * 2 ** Math.min(failures, 10), githubPollSlowMs)).unref()
  }
  const unsubscribe = bus.subscribe({ looked: (isNew) => { if (isNew && failures === 0) void run(true) }, failed: () => undefined })
  again()
  return {
    run: () => run(),
    async dispose() {
      isDisposed = true
      unsubscribe()
      if (timer !== null) clearTimeout(timer)
      await running
    },
  }
}
