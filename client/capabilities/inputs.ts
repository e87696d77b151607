// The edge: every argument of every call is parsed here before a capability sees it, whoever sent it.
import { z } from 'zod'
import { writtenReason } from '../../shared/approval.ts'
import type { IpcCallName, IpcInput } from '../../shared/ipc.ts'
import { isKubernetesName, kubernetesViewNames } from '../../shared/kubernetes-views.ts'
import { globCharactersMax, grantMinutesMax, pageRowsMax, preflightCharactersMax } from '../../shared/limits.ts'
import { sqlTextCharactersMax, terminalColumnsMax, terminalRowsMax, terminalScrollbackMax, terminalWriteCharactersMax } from '../limits.ts'

const nothing = z.null()
const name = z.string().min(1).max(200)
const id = z.string().min(1).max(100)
const connection = z.strictObject({ connection: name })
const editor = z.strictObject({ editor: id })
const approval = z.strictObject({ id })
const reason = writtenReason.nullable()
const minutes = z.number().int().min(1).max(grantMinutesMax)
const words = z.array(z.string().min(1).max(globCharactersMax)).min(1).max(100)
const clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { error: 'expected a time such as 09:00' })

const namespace = z.string().max(63).refine(isKubernetesName, { error: 'expected the name of a namespace' })
const kubernetesName = z.string().max(253).refine(isKubernetesName, { error: 'expected the name of a resource' })
const view = z.enum(kubernetesViewNames)
const size = { cols: z.number().int().min(1).max(terminalColumnsMax), rows: z.number().int().min(1).max(terminalRowsMax) }
const some = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)

export const inputs = {
  'app.info': nothing,
  'login.state': nothing,
  'login.gateway': z.strictObject({ url: z.string().min(1).max(2_000) }),
  'login.start': z.strictObject({ provider: name }),
  'login.cancel': nothing,
  'login.logout': nothing,
  'connections.list': nothing,
  'connections.native': connection,
  'connections.listen': connection,
  'connections.unlisten': connection,
  'sql.open': connection,
  'sql.close': editor,
  'sql.run': z.strictObject({ editor: id, text: z.string().max(sqlTextCharactersMax), reason: writtenReason.optional() }),
  'sql.cancel': editor,
  'sql.page': z.strictObject({ result: id, offset: z.number().int().min(0), count: z.number().int().min(0).max(pageRowsMax) }),
  'sql.split': z.strictObject({ text: z.string().max(sqlTextCharactersMax) }),
  'sql.schema': connection,
  'sql.preflight': z.strictObject({ connection: name, text: z.string().max(preflightCharactersMax) }),
  'sql.masks': connection,
  'approvals.list': z.strictObject({ filter: z.enum(['open', 'mine', 'decided', 'reviews']), before: z.exactOptional(id) }),
  'approvals.show': approval,
  'approvals.decide': z.strictObject({ id, decision: z.enum(['approve', 'deny']), reason, minutes: z.exactOptional(minutes), attempt: z.string().min(1).max(64) }),
  'approvals.shorten': z.strictObject({ id, expiresAt: z.iso.datetime() }),
  'approvals.withdraw': z.strictObject({ id, reason }),
  'approvals.explain': z.strictObject({ id, purpose: writtenReason }),
  'approvals.view': approval,
  'approvals.breakGlass': z.strictObject({ id, reason: writtenReason, incident: z.string().trim().min(1).max(200) }),
  'approvals.review': z.strictObject({ id, note: writtenReason }),
  'approvals.openRun': z.strictObject({ id, page: z.enum(['run', 'pull']).optional() }),
  'approvals.stream': nothing,
  'approvals.wake': nothing,
  'grants.list': z.strictObject({ filter: z.enum(['active', 'all']) }),
  'grants.request': z.strictObject({ connection: name, kinds: words, on: words.nullable(), minutes, purpose: writtenReason }),
  'grants.revoke': z.strictObject({ id, reason }),
  'sessions.list': z.strictObject({ connection: z.exactOptional(name), before: z.exactOptional(id) }),
  'sessions.frames': z.strictObject({ session: id, after: z.number().int().min(-1) }),
  'sessions.verify': z.strictObject({ session: id }),
  'terminals.open': z.strictObject({ terminal: z.uuid(), connection: name, ...size, namespace: namespace.nullable(), page: id }),
  'terminals.write': z.strictObject({ terminal: id, base64: z.base64().max(terminalWriteCharactersMax) }),
  'terminals.resize': z.strictObject({ terminal: id, ...size }),
  'terminals.acknowledge': z.strictObject({ terminal: id, bytes: some }),
  'terminals.namespace': z.strictObject({ terminal: id, namespace }),
  'terminals.reason': z.strictObject({ terminal: id, reason }),
  'terminals.close': z.strictObject({ terminal: id }),
  'terminals.list': nothing,
  'kubernetes.watch': z.strictObject({ connection: name, view, namespace: namespace.nullable() }),
  'kubernetes.unwatch': z.strictObject({ watch: id }),
  'kubernetes.get': z.strictObject({ connection: name, view, namespace: namespace.nullable(), name: kubernetesName }),
  'kubernetes.log': z.strictObject({ connection: name, namespace, pod: kubernetesName, container: kubernetesName.nullable(), isPrevious: z.boolean() }),
  'kubernetes.logAcknowledge': z.strictObject({ log: id, lines: some }),
  'kubernetes.unlog': z.strictObject({ log: id }),
  'app.openLink': z.strictObject({ url: z.string().min(1).max(2_000) }),
  'settings.get': nothing,
  'settings.set': z.strictObject({
    theme: z.exactOptional(z.enum(['system', 'light', 'dark'])),
    editorFontSize: z.exactOptional(z.number().int().min(8).max(40)),
    gateway: z.exactOptional(z.string().max(2_000).nullable()),
    notifications: z.exactOptional(z.strictObject({
      isOn: z.boolean(), hasSound: z.boolean(),
      hours: z.strictObject({ days: z.array(z.number().int().min(0).max(6)).max(7), from: clock, to: clock }).nullable(),
    })),
    terminal: z.exactOptional(z.strictObject({
      fontSize: z.number().int().min(8).max(40), copiesOnSelect: z.boolean(), scrollback: z.number().int().min(100).max(terminalScrollbackMax), hasScreenReader: z.boolean(),
    })),
  }),
} as const satisfies { readonly [N in IpcCallName]: z.ZodType<IpcInput<N>> }
