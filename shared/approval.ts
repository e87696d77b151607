// The question put to humans about one held command or one grant, and what became of it (design.md §6). Schemas are the words of
// the API too: who asked, what exactly, who may answer, who did. Text in it comes from outside: show it by shared/visible.ts.
import { z } from 'zod'
import { approvalReasonCharactersMax } from './limits.ts'

export interface GithubNeed {
  /** `owner/name`. */
  readonly repository: string
  /** A glob over the paths of files in it. */
  readonly path: string
}

export interface ApprovalNeed {
  /** Groups whose members may decide, and how many distinct humans of them. */
  readonly groups: readonly string[]
  /** Principal ids that may decide besides the groups' members. */
  readonly users: readonly string[]
  readonly count: number
  readonly withinMs: number
  /** Groups whose human members may go on at once, with a reason and an incident, to be reviewed after. Left out: nobody. */
  readonly breakGlass?: readonly string[]
  /** The requester must say what it is for before anybody is asked. Left out: may. */
  readonly wantsReason?: true
  /** Instead of them all a merged pull request that carries the statement, approved by `count` reviewers (docs/adr/0009). Left out: none counts. */
  readonly github?: GithubNeed
  /** Further approve rules that matched: each must be met as well, by deciders of its own groups. */
  readonly also: readonly Omit<ApprovalNeed, 'also'>[]
}

/** Some rule that asks wants to be told what it is for. */
export const wantsReason = ({ also, ...first }: ApprovalNeed): boolean => [first, ...also].some((part) => part.wantsReason === true)

/**
 * `open` waits for decisions; `approved` waits for its one use; the others are final. `used` is an approved one whose command ran
 * (or whose grant was opened), or that was passed by break-glass.
 */
export const approvalStates = ['open', 'approved', 'denied', 'expired', 'withdrawn', 'used'] as const
export type ApprovalState = (typeof approvalStates)[number]

const isoTime = z.iso.datetime()
const texts = z.array(z.string()).readonly()

export const person = z.object({ id: z.string(), email: z.string().nullable(), kind: z.enum(['human', 'ci', 'agent']) })
export type Person = z.output<typeof person>

/** Computed, never guessed; what is not known is null. */
export const risk = z.object({
  /** Kinds of statement (`update`, `update-without-where`), each once. */
  kinds: texts,
  /** Relations and what is done to them: `update public.orders`. */
  relations: texts,
  /** `public.customers.email`: columns it touches that are masked for somebody. */
  maskedColumns: texts,
  /** By EXPLAIN; an estimate, and null where there is none. */
  estimatedRows: z.number().nullable(),
  /** The command waits inside a transaction that holds these locks (`RowExclusiveLock public.orders`); null outside of one. */
  locks: texts.nullable(),
  level: z.enum(['low', 'medium', 'high']),
  /** Why the level is what it is, in words, most important first. */
  reasons: texts,
})
export type Risk = z.output<typeof risk>

/** Among a risk's reasons; with `estimatedRows` it is for who decides, and not for who asked. */
export const estimateReason = (rows: number): string => `about ${rows} rows, by the planner's estimate`

/** The merged pull request that agreed to a command in the place of deciders. Accounts by GitHub's stable ids. */
export const pullAgreed = z.object({
  repository: z.string(), number: z.number(), url: z.string(),
  /** The head that was merged, and that the reviews stand on. */
  commit: z.string(),
  mergedAt: isoTime, author: z.string(),
  reviewers: z.array(z.object({ id: z.number(), login: z.string() })).readonly(),
})
export type PullAgreed = z.output<typeof pullAgreed>

/** What a grant opens: statements of these kinds on these relations, or requests of these verbs on these resources, for so long. */
export const grantClass = z.object({
  /** The words of `sql: […]` or of `kubernetes: […]`; `*` is every kind, and no privilege. */
  kinds: texts,
  /** Globs over `schema.table`, or over `namespace/resource` (shared/policy/kubernetes-place.ts); null: any, and none. */
  on: texts.nullable(),
  /** What the words are of; left out: SQL. Set by the gateway, from the connection. */
  protocol: z.literal('kubernetes').optional(),
})
export type GrantClass = z.output<typeof grantClass>

const commandHeld = z.object({
  kind: z.literal('command'), protocol: z.enum(['postgres', 'kubernetes']),
  /** As the recording holds it, its beginning: for lists and notifications. Values that are masked are not in it. */
  recorded: z.string(),
})
const grantWanted = grantClass.extend({ kind: z.literal('grant'), minutes: z.number() })

export const decision = z.object({
  by: person, decision: z.enum(['approve', 'deny']), reason: z.string().nullable(), at: isoTime,
})
export type Decision = z.output<typeof decision>

export const heldBy = z.object({
  session: z.string(), command: z.string(), since: isoTime,
  /** The session still waits. False: it ended or its gateway died; a retry of the same command joins this approval. */
  isLive: z.boolean(),
})

/** What the caller may do with it; a text is why not, for the control's explanation. */
export const permitted = z.object({
  isRequester: z.boolean(),
  decide: z.string().nullable(),
  /** Longer than `decide`: what is approved and has not run can still be denied. */
  deny: z.string().nullable(),
  withdraw: z.string().nullable(), breakGlass: z.string().nullable(), review: z.string().nullable(),
})

/** One approval without the exact text: what lists, the tray and events carry. */
export const approvalSummary = z.object({
  id: z.string(), state: z.enum(approvalStates),
  subject: z.discriminatedUnion('kind', [commandHeld, grantWanted]),
  requester: person.extend({
    /** Of an agent: on whose behalf, as its token says. */
    delegator: z.string().nullable(),
    /** Of CI: the repository and a link to the run, as its token says. */
    run: z.object({ repository: z.string(), url: z.string().nullable() }).nullable(),
  }),
  connection: z.object({ name: z.string(), kind: z.enum(['postgres', 'kubernetes']), labels: z.record(z.string(), z.string()), database: z.string().optional() }),
  /** Null of a grant: it may stand for several rules. */
  rule: z.object({ policy: z.string(), rule: z.string() }).nullable(),
  /** Why it is asked, one sentence of policy. */
  reason: z.string(),
  /** What the requester says it is for. */
  purpose: z.string().nullable(),
  riskLevel: z.enum(['low', 'medium', 'high']),
  /** Each must be met. `have`: distinct humans whose approval counts towards it now. */
  needs: z.array(z.object({ groups: texts, users: texts, count: z.number(), have: z.number(), github: z.object({ repository: z.string(), path: z.string() }).optional() })).readonly(),
  createdAt: isoTime,
  /** Silence until then is denial. An approved one must be used by then. */
  expiresAt: isoTime,
  decisions: z.array(decision).readonly(),
  /** Left out: none agreed. */
  pull: pullAgreed.optional(),
  /** Deciders that opened it. */
  viewers: z.array(z.object({ by: person, at: isoTime })).readonly(),
  held: z.array(heldBy).readonly(),
  closedAt: isoTime.nullable(),
  /** Why it is denied, withdrawn…; one line, null while open or approved. */
  closeReason: z.string().nullable(),
  /** The grant it opened. */
  grant: z.string().nullable(),
  /** Passed without decisions; `review` is open until a human who is not the requester closes it. */
  brokenGlass: z.object({
    reason: z.string(), incident: z.string(), at: isoTime,
    review: z.object({ by: person, note: z.string(), at: isoTime }).nullable(),
  }).nullable(),
  permitted,
})
export type ApprovalSummary = z.output<typeof approvalSummary>

/** The whole of it, for who may decide it and who asked for it. */
export const approvalWhole = approvalSummary.extend({
  /** Null: of a grant; or sealed under a key that this gateway does not have, or removed with age: `sealed` says which. */
  exact: z.object({
    text: z.string(), parameters: z.array(z.string().nullable()).readonly(), risk,
    /** A unified diff of what it would change, by the target's own dry run; masked as recordings are. Left out: none was to be had. */
    diff: z.string().optional(),
  }).nullable(),
  sealed: z.string().nullable(),
  /** The newest others that do the same to the same relations of the connection. */
  similar: z.array(z.object({ id: z.string(), state: z.enum(approvalStates), requester: person, createdAt: isoTime })).readonly(),
})
export type ApprovalWhole = z.output<typeof approvalWhole>

export const grant = grantClass.extend({
  id: z.string(), approval: z.string(), principal: person, connection: z.string(), purpose: z.string(),
  state: z.enum(['active', 'expired', 'revoked']),
  openedAt: isoTime,
  /** For a live countdown. */
  expiresAt: isoTime,
  approvedBy: z.array(person).readonly(),
  revoked: z.object({ by: person, reason: z.string().nullable(), at: isoTime }).nullable(),
  /** What the caller may do; a text is why not. */
  permitted: z.object({ revoke: z.string().nullable() }),
})
export type Grant = z.output<typeof grant>

/** Spaces and characters that nobody sees are no reason. */
export const saysSomething = (text: string): boolean => /[\p{L}\p{N}\p{S}\p{P}]/u.test(text)

/** What a person writes: a reason, a purpose, a note. */
export const writtenReason = z.string().trim().min(1, { error: 'expected a reason, not an empty text' }).max(approvalReasonCharactersMax)

export const approvalEventKinds = [
  'opened', 'joined', 'explained', 'viewed', 'decided', 'shortened', 'closed', 'used', 'holder-gone', 'broke-glass', 'reviewed',
  'grant-opened', 'grant-revoked',
] as const
export type ApprovalEventKind = (typeof approvalEventKinds)[number]

/** One thing that happened, with how the approval stands when the event is sent: later events may say the same again. */
export const approvalEvent = z.object({
  /** Opaque; the newest one seen is `after` of the next stream. */
  cursor: z.string(),
  at: isoTime, kind: z.enum(approvalEventKinds),
  /** Who did it; null: the gateway itself, by the clock or policy. */
  by: person.nullable(),
  approval: approvalSummary,
  grant: grant.nullable(),
})
export type ApprovalEvent = z.output<typeof approvalEvent>
