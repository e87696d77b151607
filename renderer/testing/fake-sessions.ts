// Recorded sessions for the fake Desktop.
import type { Frame, FrameData, FrameDirection, FrameKind } from '../../shared/recording.ts'
import type { SessionSummary } from '../../shared/session.ts'
import { base64, commandComplete, concat, dataRow, errorResponse, readyForQuery, rowDescription } from './pg-fixture.ts'

const start = Date.UTC(2026, 10, 20, 9, 30)
const people = ['ana.lyst@acme.example', 'eng.ineer@acme.example', 'priv.acy@acme.example', null]

export const fakeSessions: readonly SessionSummary[] = Array.from({ length: 64 }, (_, at): SessionSummary => {
  const email = people[at % people.length]!
  const openedAt = start - at * 47 * 60_000
  return {
    id: `se_01KAF${String(9999 - at).padStart(4, '0')}ZX8Q2M5V7T3RNPC4D`, connection: at % 5 === 4 ? 'analytics' : 'shop', kind: 'postgres',
    principal: { id: email === null ? 'ci:repo:acme/shop' : `demo:${email}`, email, kind: email === null ? 'ci' : 'human' },
    via: at % 3 === 1 ? 'native' : 'tunnel', client: at === 4 ? 'psql\u202Egpj.exe' : at % 3 === 1 ? 'psql' : 'Gatehouse 0.1.0', state: at === 0 ? 'open' : 'closed',
    openedAt: new Date(openedAt).toISOString(), closedAt: at === 0 ? null : new Date(openedAt + (at * 91 % 3600) * 1000 + 4200).toISOString(),
    closeReason: at === 0 ? null : at % 6 === 5 ? 'the token was revoked' : 'the client closed the connection', commands: (at * 7) % 40 + 1, refusals: at % 4 === 1 ? (at % 3) + 1 : 0,
  }
})

const json = (value: Readonly<Record<string, unknown>>): FrameData => ({ type: 'json', value })

interface Spec { readonly after: number; readonly direction: FrameDirection; readonly kind: FrameKind; readonly data: FrameData }

function commandFrames(id: string, after: number, text: string, more: readonly Spec[], verdict: Readonly<Record<string, unknown>>): readonly Spec[] {
  return [
    { after, direction: 'in', kind: 'command', data: json({ command: id, text, hash: 'a3f1'.repeat(16) }) },
    { after: 1, direction: 'control', kind: 'verdict', data: json({ command: id, policy: 'shop', ...verdict }) },
    ...more,
  ]
}

const customers = concat(
  rowDescription(['id', 'name', 'email', 'city']),
  ...['Ada Lovelace', 'Grace Hopper', 'Linus Nakamura', 'Barbara Liskov'].map((name, at) => dataRow([String(at + 1), name, '[redacted]', at === 2 ? null : 'Lisbon'])),
  commandComplete('SELECT 4'), readyForQuery(),
)
const wide = concat(rowDescription(['n']), ...Array.from({ length: 140 }, (_, at) => dataRow([String(at)])))
const refused = errorResponse({ S: 'ERROR', V: 'ERROR', C: '42501', M: 'permission denied by rule never (policy shop): drop is not allowed' })

const specs: readonly Spec[] = [
  { after: 0, direction: 'control', kind: 'open', data: json({ principal: 'demo:ana', connection: 'shop', client: 'Gatehouse 0.1.0', via: 'tunnel' }) },
  ...commandFrames('c1', 410, 'select id, name, email, city from customers limit 4', [
    { after: 6, direction: 'out', kind: 'output', data: { type: 'bytes', base64: base64(customers) } },
    { after: 1, direction: 'control', kind: 'result', data: json({ command: 'c1', status: 'SELECT 4', rows: 4, bytes: customers.length, ms: 7.2 }) },
  ], { effect: 'allow', rule: 'analysts-read', reason: 'select on public.customers is allowed' }),
  ...commandFrames('c2', 15_200, 'drop table customers', [
    { after: 1, direction: 'out', kind: 'output', data: { type: 'bytes', base64: base64(refused) } },
    { after: 0, direction: 'control', kind: 'result', data: json({ command: 'c2', status: 'refused', rows: 0, bytes: 0, ms: 0.4 }) },
  ], { effect: 'deny', rule: 'never', reason: 'drop is not allowed' }),
  ...commandFrames('c3', 41_000, 'select n\nfrom generate_series(1, 1000000) as n', [
    { after: 4, direction: 'out', kind: 'output', data: { type: 'bytes', base64: base64(wide.subarray(0, wide.length - 5)) } },
    { after: 900, direction: 'control', kind: 'truncated', data: json({ command: 'c3', rows: 999_860, bytes: 17_400_120 }) },
    { after: 1, direction: 'control', kind: 'result', data: json({ command: 'c3', status: 'SELECT 1000000', rows: 1_000_000, bytes: 18_888_900, ms: 912 }) },
  ], { effect: 'allow', rule: 'analysts-read', reason: 'no relation is read' }),
  { after: 60_000, direction: 'control', kind: 'close', data: json({ reason: 'the client closed the connection' }) },
]

/** An exec, as it is recorded: what came, what was typed, the sizes. */
export const fakeTerminalSession: SessionSummary = {
  ...fakeSessions[2]!, id: 'se_01KAE0000ZX8Q2M5V7T3RNPC4D', connection: 'prod', kind: 'kubernetes', client: 'kubectl/v1.33.4', commands: 1, refusals: 0,
}

const bytesOf = (text: string): FrameData => ({ type: 'bytes', base64: base64(new TextEncoder().encode(text)) })
const shown = (after: number, text: string): Spec => ({ after, direction: 'out', kind: 'output', data: bytesOf(text) })
const typed = (text: string): readonly Spec[] => [...text].flatMap((key) => [{ after: 140, direction: 'in' as const, kind: 'output' as const, data: bytesOf(key) }, shown(12, key === '\r' ? '\r\n' : key)])
const inPod = '\u001b[36mweb-0\u001b[0m:/app$ '

const terminalSpecs: readonly Spec[] = [
  { after: 0, direction: 'control', kind: 'open', data: json({ principal: 'demo:ana', connection: 'prod', client: 'kubectl/v1.33.4', via: 'native' }) },
  { after: 4, direction: 'in', kind: 'command', data: json({ command: 'c1', text: 'POST /api/v1/namespaces/default/pods/web-0/exec?command=sh&container=web&stdin=true&stdout=true&tty=true', hash: 'a3f1'.repeat(16) }) },
  { after: 1, direction: 'control', kind: 'verdict', data: json({ command: 'c1', policy: 'cluster', effect: 'allow', rule: 'engineers-exec', reason: 'exec on pods is allowed' }) },
  { after: 30, direction: 'in', kind: 'resize', data: json({ command: 'c1', width: 96, height: 22 }) },
  shown(120, inPod), ...typed('ls -l\r'), shown(40, 'total 12\r\n-rw-r--r-- 1 root root 1822 Nov 20 09:12 package.json\r\ndrwxr-xr-x 4 root root 4096 Nov 20 09:12 \u001b[34msrc\u001b[0m\r\n'), shown(5, inPod),
  { ...shown(45_000, ''), data: bytesOf('') }, ...typed('env | grep DATABASE\r'), shown(30, 'DATABASE_URL=[redacted]\r\n'), shown(4, inPod),
  shown(2_000, '\u001b]52;c;cm0gLXJmIC8=\u0007'), ...typed('exit\r'),
  { after: 20, direction: 'control', kind: 'result', data: json({ command: 'c1', status: 'exit 0', rows: 0, bytes: 512, ms: 58_000 }) },
  { after: 1, direction: 'control', kind: 'close', data: json({ reason: 'the command ended' }) },
]

export function fakeFrames(session = ''): readonly Frame[] {
  let at = start
  return (session === fakeTerminalSession.id ? terminalSpecs : specs).map(({ after, direction, kind, data }, seq) => ({ seq, at: (at += after), direction, kind, data, prev: '0'.repeat(64) }))
}
