// Tray and notifications without Electron: its parts are played here.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { GatehouseError } from '../../shared/errors.ts'
import { approvalSummary, type ApprovalSummary } from '../../shared/approval.ts'
import type { IpcEventName, IpcEvents, NotificationSettings } from '../../shared/ipc.ts'
import { attachApprovals } from './attach.ts'
import type { NotificationFacts } from './notifier.ts'
import { trayBitmap } from './tray.ts'
import { notificationWords, shortened } from './words.ts'

function sample(id: string, more: Partial<ApprovalSummary> = {}): ApprovalSummary {
  return approvalSummary.parse({
    id, state: 'open', subject: { kind: 'command', protocol: 'postgres', recorded: `update orders set note = '[masked]' where id = ${id}` }, requester: { id: 'demo:eli', email: 'eli@x.example', kind: 'human', delegator: null, run: null },
    connection: { name: 'shop', kind: 'postgres', labels: { env: 'production' } }, rule: null, reason: 'r', purpose: 'a secret purpose', riskLevel: 'high', needs: [], createdAt: '2026-11-20T12:00:00.000Z', expiresAt: '2026-11-20T12:15:00.000Z',
    decisions: [], viewers: [], held: [], closedAt: null, closeReason: null, grant: null, brokenGlass: null, permitted: { isRequester: false, decide: null, deny: null, withdraw: 'no', breakGlass: 'no', review: 'no' }, ...more,
  })
}
const decided = (id: string) => sample(id, { state: 'denied', permitted: { isRequester: false, decide: 'it is denied', deny: 'it is denied', withdraw: 'no', breakGlass: 'no', review: 'no' } })

interface Shown { readonly facts: NotificationFacts; readonly listeners: Map<string, () => void>; isClosed: boolean }
let shown: Shown[]
let menu: { label?: string; click?: () => void }[]
let opened: (string | null)[]
let calls: [string, unknown][]
let failures: string[]
let title: string
let listed: ApprovalSummary[]
let settings: NotificationSettings
let denyFails: boolean
let listening: Map<IpcEventName, (event: never) => void>
let power: Map<string, () => void>
let detach: () => void

beforeEach(async () => {
  ;[shown, menu, opened, calls, failures, listed, title, denyFails] = [[], [], [], [], [], [], '', false]
  listening = new Map()
  power = new Map()
  settings = { isOn: true, hasSound: true, hours: null }
  await attach()
})
afterEach(() => detach())

async function attach(): Promise<void> {
  detach = await attachApprovals({
    capabilities: {
      async handle(name, input) {
        calls.push([name, input])
        if (name === 'settings.get') return { notifications: settings }
        if (name === 'approvals.decide' && denyFails) throw new GatehouseError('approval_closed', 'it is approved already')
        return name === 'approvals.list' ? { approvals: listed, next: null } : null
      },
      on(name, listener) { listening.set(name, listener as (event: never) => void); return () => listening.delete(name) },
      onEvent: () => () => undefined, dispose: () => Promise.resolve(),
    },
    tray: { setToolTip: () => undefined, setTitle: (text: string) => { title = text }, setContextMenu: () => undefined, on: () => undefined, destroy: () => undefined } as never,
    menuOf: ((template: typeof menu) => { menu = template; return {} }) as never,
    makeNotification: (facts) => {
      const one: Shown = { facts, listeners: new Map(), isClosed: false }
      shown.push(one)
      return { on: (name: string, listener: () => void) => one.listeners.set(name, listener), show: () => undefined, close: () => { one.isClosed = true } }
    },
    powerMonitor: { on: (name: string, listener: () => void) => power.set(name, listener), off: (name: string) => power.delete(name) } as never,
    open: (id) => opened.push(id), quit: () => undefined, onFailure: (message) => failures.push(message),
  })
}
const emit = <N extends IpcEventName>(name: N, event: IpcEvents[N]) => (listening.get(name) as ((event: IpcEvents[N]) => void) | undefined)?.(event)
const happens = (approval: ApprovalSummary, kind: IpcEvents['approvals.event']['kind'] = 'opened') => emit('approvals.event', { cursor: '1', at: approval.createdAt, kind, by: null, approval, grant: null })

test('one that comes is counted, listed and told once, with who, where, what and risk', () => {
  happens(sample('ap_1'))
  happens(sample('ap_1'), 'viewed')
  expect(title).toBe('1')
  expect(menu[1]!.label).toContain("shop: update orders set note = '[masked]'")
  expect(shown.map(({ facts }) => facts)).toEqual([{ title: 'eli@x.example asks on shop (production)', body: "high risk: update orders set note = '[masked]' where id = ap_1", silent: false, actions: [{ type: 'button', text: 'Deny' }] }])
})

test('a click opens it, in the notification and in the menu', () => {
  happens(sample('ap_1'))
  shown[0]!.listeners.get('click')!()
  menu[1]!.click!()
  menu.find(({ label }) => label === 'Show approvals')!.click!()
  expect(opened).toEqual(['ap_1', 'ap_1', null])
})

test('there is no way to approve but the page: the one button denies', async () => {
  happens(sample('ap_1'))
  expect(shown[0]!.facts.actions.map(({ text }) => text)).toEqual(['Deny'])
  shown[0]!.listeners.get('action')!()
  expect(calls.filter(([name]) => name === 'approvals.decide')).toMatchObject([['approvals.decide', { id: 'ap_1', decision: 'deny' }]])
  expect(menu.map(({ label }) => label ?? '').some((label) => /^approve/i.test(label))).toBe(false)
})

test('a denial that does not go through is said, and leads to the page', async () => {
  denyFails = true
  happens(sample('ap_1'))
  shown[0]!.listeners.get('action')!()
  await vi.waitFor(() => expect(failures).toEqual(['it is approved already']))
  expect(opened).toEqual(['ap_1'])
})

test('a break-glass calls for a review, by a click and nothing else', () => {
  const broken = { ...decided('ap_1'), state: 'used' as const, brokenGlass: { reason: 'fire, a secret one', incident: 'INC-1', at: '2026-11-20T12:01:00.000Z', review: null } }
  happens(broken, 'broke-glass')
  expect(shown).toEqual([])
  happens({ ...broken, permitted: { ...broken.permitted, review: null } }, 'broke-glass')
  expect(shown.map(({ facts }) => facts)).toMatchObject([{ title: 'eli@x.example broke the glass on shop (production)', actions: [] }])
  expect(shown[0]!.facts.body).not.toContain('secret')
  shown[0]!.listeners.get('click')!()
  expect(opened).toEqual(['ap_1'])
})

test('what was decided elsewhere is taken back', () => {
  happens(sample('ap_1'))
  happens(decided('ap_1'), 'decided')
  expect(shown[0]!.isClosed).toBe(true)
  expect([title, menu[0]!.label]).toEqual(['', 'Nothing waits for you'])
})

test('after sleep: what came meanwhile is told, more than a few in one; what went is gone', async () => {
  happens(sample('ap_1'))
  listed = ['2', '3', '4', '5', '6', '7'].map((id) => sample(`ap_${id}`))
  power.get('resume')!()
  expect(calls).toContainEqual(['approvals.wake', null])
  emit('approvals.fresh', null)
  await vi.waitFor(() => expect(title).toBe('6'))
  expect(shown[0]!.isClosed).toBe(true)
  expect(shown.slice(1).map(({ facts }) => facts)).toEqual([{ title: '6 approvals wait for you', body: 'Open Gatehouse to look at them.', silent: false, actions: [] }])
  expect(menu.map(({ label }) => label)).toContain('1 more…')
})

test('a list that was asked for before an event does not bring back what the event ended', async () => {
  happens(sample('ap_1'))
  listed = [sample('ap_1')]
  emit('approvals.fresh', null)
  happens(decided('ap_1'), 'decided')
  await Promise.resolve()
  await new Promise((resolve) => { setTimeout(resolve, 0) })
  expect(title).toBe('')
})

test('signing out empties tray and notifications', () => {
  const login = (id: string) => ({ kind: 'signed-in' as const, gateway: 'g', expiresAt: '', principal: { id, provider: 'p', subject: 's', kind: 'human' as const, email: null, groups: [], claims: {} } })
  emit('login.changed', login('a'))
  happens(sample('ap_1'))
  emit('login.changed', { kind: 'signed-out', gateway: 'g', providers: [] })
  expect([title, shown[0]!.isClosed]).toEqual(['', true])
})

test('outside of one’s hours, or switched off, it is counted and not told, neither then nor later', () => {
  emit('settings.changed', { theme: 'system', editorFontSize: 13, gateway: null, notifications: { isOn: false, hasSound: true, hours: null }, terminal: { fontSize: 13, copiesOnSelect: false, scrollback: 10_000, hasScreenReader: false } })
  happens(sample('ap_1'))
  emit('settings.changed', { theme: 'system', editorFontSize: 13, gateway: null, notifications: { isOn: true, hasSound: false, hours: null }, terminal: { fontSize: 13, copiesOnSelect: false, scrollback: 10_000, hasScreenReader: false } })
  happens(sample('ap_1'), 'viewed')
  happens(sample('ap_2'))
  expect([title, shown.map(({ facts }) => [facts.body.slice(-4), facts.silent])]).toEqual(['2', [['ap_2', true]]])
})

test('hours of one’s own: outside of them nobody is called, within them somebody is', () => {
  const called = (days: readonly number[], id: string) => {
    emit('settings.changed', { theme: 'system', editorFontSize: 13, gateway: null, notifications: { isOn: true, hasSound: true, hours: { days, from: '00:00', to: '00:00' } }, terminal: { fontSize: 13, copiesOnSelect: false, scrollback: 10_000, hasScreenReader: false } })
    happens(sample(id))
    return shown.length
  }
  const [today, yesterday] = [new Date().getDay(), (new Date().getDay() + 6) % 7]
  expect(called([0, 1, 2, 3, 4, 5, 6].filter((day) => day !== today && day !== yesterday), 'ap_1')).toBe(0)
  expect(called([0, 1, 2, 3, 4, 5, 6], 'ap_2')).toBe(1)
  expect(shown[0]!.facts.silent).toBe(false)
  expect(title).toBe('2')
})

test('words are one line, cut between characters, with what is hidden made visible, and nothing that people wrote', () => {
  const family = '👩‍👩‍👧'
  expect(shortened(`${family.repeat(5)}`, 4)).toBe(`${family.repeat(3)}…`)
  expect(shortened('a\n\n b\u202ec', 50)).toBe('a b⟨RLO⟩c')
  expect(shortened('x'.repeat(1_000_000), 10)).toBe(`${'x'.repeat(9)}…`)
  const { title: head, body } = notificationWords(sample('ap_1', { subject: { kind: 'grant', kinds: ['select'], on: null, minutes: 60 } }))
  expect(`${head} ${body}`).not.toContain('secret purpose')
  expect(body).toBe('high risk: access for 60 minutes: select on any table')
})

test('an ampersand in a statement is no shortcut key', () => {
  happens(sample('ap_1', { subject: { kind: 'command', protocol: 'postgres', recorded: 'select a & b' } }))
  expect(menu[1]!.label).toContain('a && b')
})

test('the icon is a picture: neither empty nor full', () => {
  const pixels = trayBitmap(16, [1, 2, 3])
  const filled = Array.from({ length: 256 }, (_, at) => pixels[at * 4 + 3] === 255).filter(Boolean).length
  expect(pixels).toHaveLength(16 * 16 * 4)
  expect(filled).toBeGreaterThan(80)
  expect(filled).toBeLessThan(220)
})
