// Holds the policies in force and replaces them whole: on a change of the folder and when told to (SIGHUP). A folder with a mistake
// changes nothing: the last good policies stay, and the log and the audit say so.
import type { AuditEvent } from '../../shared/audit-event.ts'
import type { GatehouseError } from '../../shared/errors.ts'
import { policyPollMs, policySettleMs } from '../limits.ts'
import type { Log } from '../log.ts'
import { problemsError, problemText, type Problem } from '../yaml-file.ts'
import { fingerprintOf, watchFolder } from './folder-watch.ts'
import { loadPolicies, type PolicyLoad } from './load.ts'
import type { PolicyHolder, PolicySnapshot } from './snapshot.ts'

export interface ReloadingPolicyHolder extends PolicyHolder {
  /** Reads the folder now; one reload at a time, a call during one waits for a fresh read. Never rejects. */
  reload(): Promise<ReloadResult>
  dispose(): void
}

export type ReloadResult =
  | { readonly kind: 'unchanged' | 'loaded'; readonly hash: string }
  | { readonly kind: 'rejected'; readonly problems: readonly Problem[] }

export interface PolicyHolderOptions {
  readonly log: Log
  /** Audit. What it rejects with is logged; policies are in force all the same. */
  readonly onEvent?: (event: Omit<AuditEvent, 'at'>) => void | Promise<void>
  readonly settleMs?: number
  readonly pollMs?: number
}

/** Rejects with config_invalid when the folder is wrong at the start: there is no last good one then. */
export async function createPolicyHolder(folder: string, options: PolicyHolderOptions): Promise<ReloadingPolicyHolder> {
  const { log, settleMs = policySettleMs, pollMs = policyPollMs } = options
  const fingerprint = await fingerprintOf(folder)
  const first = await loadPolicies(folder)
  if (!first.ok) throw problemsError(first.problems)
  const listeners = new Set<(snapshot: PolicySnapshot) => void>()
  let current = first.snapshot
  let tail: Promise<unknown> = Promise.resolve()
  report(first, options)

  const reloadNow = async (): Promise<ReloadResult> => {
    const load = await loadWhenStill(folder, settleMs)
    if (!load.ok) {
      report(load, options)
      return { kind: 'rejected', problems: load.problems }
    }
    if (load.snapshot.hash === current.hash) return { kind: 'unchanged', hash: current.hash }
    current = load.snapshot
    report(load, options)
    for (const listener of listeners) tell(listener, current, log)
    return { kind: 'loaded', hash: current.hash }
  }
  const reload = (): Promise<ReloadResult> => {
    const next = tail.then(reloadNow)
    tail = next
    return next
  }
  const watching = watchFolder({ folder, settleMs, pollMs, onChange: () => void reload() }, fingerprint)
  return {
    get current() { return current },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    reload,
    dispose() {
      watching.dispose()
      listeners.clear()
    },
  }
}

/** What was read while someone wrote may be half a file, and half a policy may be a valid, weaker one: read until nothing moves. */
async function loadWhenStill(folder: string, settleMs: number): Promise<PolicyLoad> {
  for (let attempt = 1; ; attempt++) {
    const before = await fingerprintOf(folder)
    const load = await loadPolicies(folder)
    if (before === await fingerprintOf(folder)) return load
    if (attempt === attemptsMax) return { ok: false, problems: [{ file: folder, line: 1, column: 1, path: '', message: 'keeps changing while it is read' }] }
    await new Promise((resolve) => setTimeout(resolve, settleMs))
  }
}
const attemptsMax = 20

/** One listener's failure keeps no other from hearing of a stricter policy. */
function tell(listener: (snapshot: PolicySnapshot) => void, snapshot: PolicySnapshot, log: Log): void {
  try {
    listener(snapshot)
  } catch (error) {
    log.error({ err: error }, 'a listener failed on new policies')
  }
}

function report(load: PolicyLoad, { log, onEvent }: PolicyHolderOptions): void {
  const failed = (error: unknown) => log.error({ err: error as GatehouseError }, 'the audit of a policy load failed')
  const audit = (event: Omit<AuditEvent, 'at'>) => {
    try {
      void Promise.resolve(onEvent?.(event)).catch(failed)
    } catch (error) {
      failed(error)
    }
  }
  if (load.ok) {
    const { hash, policies } = load.snapshot
    if (policies.length === 0) log.warn({ hash }, 'there are no policies: everything is denied')
    else log.info({ hash, policies: policies.map(({ policy }) => policy) }, 'policies loaded')
    audit({ kind: 'policy-loaded', principal: null, detail: { hash, policies: policies.length } })
    return
  }
  const lines = load.problems.map(problemText)
  log.error({ problems: lines }, 'policies rejected: the last good ones stay in force')
  audit({ kind: 'policy-rejected', principal: null, detail: { problems: lines.length, first: lines[0] ?? '' } })
}
