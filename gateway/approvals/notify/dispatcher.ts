// From events to notifications, and from those to their targets: each event becomes one row a target in the transaction that moves
// the target's cursor on; a row is sent until it is taken, or given up and listed as a dead letter.
import { createHash } from 'node:crypto'
import { approvalEventsKeptMs, eventPageMax, notifyAttemptsMax, notifyBatch, notifyClaimMs, notifyRetryFirstMs, notifyRetryLastMs, notifyTickMs } from '../../limits.ts'
import type { Log } from '../../log.ts'
import type { AuditEvent } from '../../../shared/audit-event.ts'
import { createApprovalEvents, type ApprovalEvents, type EventRow } from '../../store/approval-events.ts'
import { readApprovals } from '../../store/approvals.ts'
import type { NewNotification, NotificationRow, Notifications } from '../../store/notifications.ts'
import type { Queries } from '../../store/store.ts'
import type { Bus } from '../bus.ts'
import { bodyFor } from './message.ts'
import { send } from './send.ts'
import type { NotifyTarget } from './target.ts'

export interface DispatcherOptions {
  readonly targets: readonly NotifyTarget[]
  readonly notifications: Notifications
  readonly events: Pick<ApprovalEvents, 'range'>
  readonly bus: Bus
  readonly audit: (event: Omit<AuditEvent, 'at'>) => Promise<void>
  readonly log: Pick<Log, 'warn' | 'error'>
  readonly now?: () => number
  readonly tickMs?: number
}

export interface Dispatcher {
  /** Once through: what happened, then what is due. */
  run(): Promise<void>
  dispose(): Promise<void>
}

export function createDispatcher({ targets, notifications, events, bus, audit, log, now = Date.now, tickMs = notifyTickMs }: DispatcherOptions): Dispatcher {
  let running: Promise<void> | null = null
  let isAgain = false
  let isDisposed = false
  const byName = new Map(targets.map((target) => [target.name, target]))

  async function takeEvents(target: NotifyTarget): Promise<void> {
    const { newest } = await events.range()
    let looked = eventPageMax
    while (looked === eventPageMax) {
      looked = await notifications.take(target.name, newest, async (queries, cursor) => {
        const page = await createApprovalEvents(queries).after(cursor, eventPageMax)
        return { cursor: page.at(-1)?.id ?? cursor, looked: page.length, made: await madeOf(queries, target, page) }
      })
    }
  }

  async function madeOf(queries: Queries, target: NotifyTarget, page: readonly EventRow[]): Promise<readonly NewNotification[]> {
    const wanted = page.filter(({ kind }) => target.on.includes(kind))
    const records = new Map((await readApprovals(queries, [...new Set(wanted.map(({ approval }) => approval))])).map((record) => [record.id, record]))
    return wanted.flatMap((event) => {
      const record = records.get(event.approval)
      if (record === undefined || target.connections?.(record.asked.connection.name) === false) return []
      // The same on every gateway and at every attempt.
      const id = `nt_${createHash('sha256').update(JSON.stringify([target.name, event.id])).digest('hex').slice(0, 32)}`
      return [{ id, target: target.name, event: event.id, approval: record.id, body: bodyFor(target, { id, event, record }) }]
    })
  }

  async function sendDue(): Promise<void> {
    for (let due = await claim(); due.length > 0; due = await claim()) await Promise.all(due.map(sendOne))
  }

  const claim = () => (isDisposed ? Promise.resolve([]) : notifications.claim([...byName.keys()], { limit: notifyBatch, claimMs: notifyClaimMs }))

  async function sendOne(notification: NotificationRow): Promise<void> {
    const { id, attempts, target } = notification
    const sent = await send(byName.get(target)!, notification, now())
    if (sent.ok) return notifications.delivered(id)
    if (attempts < notifyAttemptsMax) return notifications.failed(id, sent.why, now() + pauseAfter(attempts))
    log.error({ notification: id, target, why: sent.why }, 'a notification was given up; it is among the dead letters')
    await notifications.dead(id, sent.why)
    await audit({ kind: 'notification-dead', principal: null, detail: { notification: id, target, approval: notification.approval, why: sent.why } })
  }

  async function once(): Promise<void> {
    do {
      isAgain = false
      for (const target of targets) await takeEvents(target)
      await sendDue()
      await notifications.purge(now() - approvalEventsKeptMs)
    } while (isAgain)
  }

  function run(): Promise<void> {
    isAgain = true
    return running ??= once().catch((error: unknown) => log.warn({ err: error }, 'notifications could not be sent; tried again in a moment')).finally(() => { running = null })
  }

  if (targets.length === 0) return { run: () => Promise.resolve(), dispose: () => Promise.resolve() }
  const unsubscribe = bus.subscribe({ looked: (isNew) => { if (isNew) void run() }, failed: () => undefined })
  const timer = setInterval(() => void run(), tickMs).unref()
  // A target that is new begins now, before anything else happens.
  void run()
  return {
    run,
    async dispose() {
      isDisposed = true
      unsubscribe()
      clearInterval(timer)
      await running
    },
  }
}

export const pauseAfter = (attempts: number): number => Math.min(notifyRetryFirstMs * 2 ** (attempts - 1), notifyRetryLastMs)
