// The desktop's channels: name → signature. client/capabilities implements them; electron/ipc and client/browser-host carry
// them; the renderer knows nothing else of the outside. Values must survive structured clone and JSON alike (bytes as base64).
import type { ApprovalEvent, ApprovalSummary, ApprovalWhole, Grant } from './approval.ts'
import type { ConnectionSummary } from './connection.ts'
import type { ErrorCode } from './errors.ts'
import type { KubernetesViewName } from './kubernetes-views.ts'
import type { PreflightStatement } from './preflight.ts'
import type { Principal } from './principal.ts'
import type { Frame, VerifyReport } from './recording.ts'
import type { SessionSummary } from './session.ts'

export interface AppInfo { readonly version: string; readonly host: 'electron' | 'browser'; readonly platform: string }

export type LoginState =
  | { readonly kind: 'signed-out'; readonly gateway: string | null; readonly providers: readonly ProviderChoice[] }
  | { readonly kind: 'signing-in'; readonly gateway: string; readonly provider: string; /** The page to open if no browser opened. */ readonly url: string }
  | { readonly kind: 'signed-in'; readonly gateway: string; readonly principal: Principal; readonly expiresAt: string }
  /** The gateway does not answer; the token is kept and retried. */
  | { readonly kind: 'unreachable'; readonly gateway: string; readonly message: string }

export interface ProviderChoice { readonly name: string; readonly issuer: string }

/** A mask on one result column, as the gateway said it. */
export interface ColumnMask { readonly policy: string; readonly rule: string; readonly as: string; readonly why: string }

export interface ResultColumn {
  readonly name: string
  /** `text`, `int4`, `timestamptz`, …; `oid 12345` for a type we have no name for. */
  readonly type: string
  readonly mask: ColumnMask | null
}

/** How one statement of a run stands; sent whole at every change, at most every 100 ms while rows arrive. */
export interface StatementState {
  readonly run: string
  /** 0-based place of the statement in the run. */
  readonly index: number
  readonly text: string
  /** UTF-16 offset of the statement in the text that was sent. */
  readonly offset: number
  readonly status: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  readonly result: string | null
  readonly columns: readonly ResultColumn[]
  readonly rows: number
  readonly tag: string | null
  readonly ms: number
  readonly notices: readonly string[]
  readonly error: SqlError | null
  /** It waits for this approval, or waited for it; null: nobody was asked. */
  readonly held: HeldStatement | null
}

/** What the gateway said when it held a statement; the approval itself says how it stands now. */
export interface HeldStatement {
  readonly approval: string
  readonly groups: readonly string[]
  readonly users: readonly string[]
  readonly count: number
  readonly expiresAt: string
  /** Why it expires sooner than the rule says: an open transaction's limit; null if it does not. */
  readonly shortenedBy: string | null
}

export interface SqlError {
  /** SQLSTATE. */
  readonly code: string
  readonly message: string
  readonly detail: string | null
  readonly hint: string | null
  /** UTF-16 offset in the statement, null if the server gave none. */
  readonly position: number | null
  /** The gateway refused it; the rule and policy stand in the message. */
  readonly isRefusal: boolean
}

/** A cell is its text form; null is NULL. */
export type Cell = string | null

export interface SchemaColumn { readonly name: string; readonly type: string; readonly isNullable: boolean; readonly isPrimaryKey: boolean; readonly references: string | null }
export interface SchemaRelation { readonly name: string; readonly kind: 'table' | 'view' | 'materialized view' | 'partitioned table' | 'foreign table'; readonly rowEstimate: number | null; readonly columns: readonly SchemaColumn[]; readonly indexes: readonly string[] }
export interface SchemaTree { readonly schemas: readonly { readonly name: string; readonly relations: readonly SchemaRelation[] }[] }

/** How to reach a connection with a native client. Commands never hold a secret: it goes by PGPASSWORD or a 0600 passfile. */
export interface NativeAccess {
  readonly connection: string
  /** The loopback listener of the app; null until opened. */
  readonly loopback: { readonly host: string; readonly port: number; readonly command: string; readonly passfile: string } | null
  /** The gateway's own listener; null if it has none; its command reads a token from a passfile that the app keeps fresh. */
  readonly gateway: { readonly address: string; readonly command: string; readonly passfile: string; readonly expiresAt: string } | null
}

/** One terminal: a shell of this computer with a kubeconfig of its own, which reaches one connection and dies with the terminal. */
export interface TerminalInfo {
  readonly terminal: string
  readonly connection: string
  /** The page that opened it. */
  readonly page: string
  /** `bash`, `zsh`: the user's login shell. */
  readonly shell: string
  /** Whether the shell finds kubectl: its start files are asked, which takes a moment. */
  readonly kubectl: 'looking' | 'found' | 'missing'
  /** Of the kubeconfig's context; null: it cannot be told any more, the file was changed. */
  readonly namespace: string | null
  /** What the person says it is for: goes with each request to the cluster, for who decides about it. */
  readonly reason: string | null
}

/** A row of a list, as the API server prints it; `age` is told by the page, which has a clock. */
export interface KubernetesRow {
  readonly key: string
  readonly namespace: string | null
  readonly name: string
  readonly createdAt: string | null
  readonly cells: readonly string[]
}

export interface KubernetesTable {
  readonly columns: readonly { readonly name: string; /** 0 is always shown; more is detail. */ readonly priority: number; readonly isAge: boolean }[]
  readonly rows: readonly KubernetesRow[]
  /** There are more than we show. */
  readonly isCut: boolean
}

export interface KubernetesObject {
  /** The object as the gateway sends it, masked there, as YAML. */
  readonly yaml: string
  /** Containers whose logs can be read, of a pod; empty of anything else. */
  readonly containers: readonly string[]
}

export interface Settings {
  readonly theme: 'system' | 'light' | 'dark'
  readonly editorFontSize: number
  readonly gateway: string | null
  readonly notifications: NotificationSettings
  readonly terminal: TerminalSettings
}

export interface TerminalSettings {
  readonly fontSize: number
  /** What is selected is on the clipboard at once. */
  readonly copiesOnSelect: boolean
  /** Lines kept above the screen. */
  readonly scrollback: number
  /** What appears is told to screen readers. It costs speed. */
  readonly hasScreenReader: boolean
}

/** When approvals may call for attention. What is open is in the inbox at any hour. */
export interface NotificationSettings {
  readonly isOn: boolean
  readonly hasSound: boolean
  /** Null: at any time. */
  readonly hours: OnCallHours | null
}

export interface OnCallHours {
  /** Of the week, 0 is Sunday. A span over midnight belongs to the day it begins on. */
  readonly days: readonly number[]
  /** Local times, `09:00`; a `to` that is not after `from` is on the next day. */
  readonly from: string
  readonly to: string
}

/** Whether what is shown of approvals is kept current. */
export type ApprovalStream = { readonly kind: 'live' } | { readonly kind: 'waiting'; readonly message: string }

/** Calls: one input, one promise. An error reaches the renderer as IpcFailure. */
export interface IpcCalls {
  'app.info': (input: null) => AppInfo
  'login.state': (input: null) => LoginState
  /** Points the app at a gateway and reads its providers. */
  'login.gateway': (input: { readonly url: string }) => LoginState
  'login.start': (input: { readonly provider: string }) => LoginState
  'login.cancel': (input: null) => LoginState
  'login.logout': (input: null) => LoginState
  'connections.list': (input: null) => readonly ConnectionSummary[]
  'connections.native': (input: { readonly connection: string }) => NativeAccess
  'connections.listen': (input: { readonly connection: string }) => NativeAccess
  'connections.unlisten': (input: { readonly connection: string }) => NativeAccess
  /** Opens an editor session (one PostgreSQL session through the gateway, made at the first run, remade openly after loss). */
  'sql.open': (input: { readonly connection: string }) => { readonly editor: string }
  'sql.close': (input: { readonly editor: string }) => null
  /** Runs the statements of `text` one after another, stops at the first failure. States arrive as `sql.statement` events. */
  'sql.run': (input: { readonly editor: string; readonly text: string; /** What it is for; who approves it reads it. */ readonly reason?: string | undefined }) => { readonly run: string; readonly statements: readonly StatementState[] }
  'sql.cancel': (input: { readonly editor: string }) => null
  /** Rows of a result from `offset`; at most pageRowsMax. Results live until the next run of their editor, or its close. */
  'sql.page': (input: { readonly result: string; readonly offset: number; readonly count: number }) => { readonly rows: readonly (readonly Cell[])[] }
  /** Splits without running, for "run at cursor": offsets are UTF-16. */
  'sql.split': (input: { readonly text: string }) => readonly { readonly start: number; readonly end: number }[]
  'sql.schema': (input: { readonly connection: string }) => SchemaTree
  /** What would become of each statement if it were sent now; nothing runs. */
  'sql.preflight': (input: { readonly connection: string; readonly text: string }) => { readonly statements: readonly PreflightStatement[]; readonly problem: string | null }
  /** Columns that are masked for who is signed in, `schema.table.column`. */
  'sql.masks': (input: { readonly connection: string }) => readonly string[]
  'sessions.list': (input: { readonly connection?: string; readonly before?: string }) => { readonly sessions: readonly SessionSummary[]; readonly next: string | null }
  'sessions.frames': (input: { readonly session: string; readonly after: number }) => { readonly frames: readonly Frame[]; readonly next: number | null }
  'sessions.verify': (input: { readonly session: string }) => VerifyReport
  'approvals.list': (input: { readonly filter: ApprovalFilter; readonly before?: string }) => { readonly approvals: readonly ApprovalSummary[]; readonly next: string | null }
  'approvals.show': (input: { readonly id: string }) => ApprovalWhole
  /** `attempt` is new for each decision a person makes, and the same when it is sent again. `minutes`: of a grant, fewer than asked for. */
  'approvals.decide': (input: { readonly id: string; readonly decision: 'approve' | 'deny'; readonly reason: string | null; readonly minutes?: number; readonly attempt: string }) => ApprovalWhole
  'approvals.shorten': (input: { readonly id: string; readonly expiresAt: string }) => ApprovalWhole
  'approvals.withdraw': (input: { readonly id: string; readonly reason: string | null }) => ApprovalWhole
  /** By who asked, once: what it is for. */
  'approvals.explain': (input: { readonly id: string; readonly purpose: string }) => ApprovalWhole
  /** It is on a decider's screen. */
  'approvals.view': (input: { readonly id: string }) => null
  'approvals.breakGlass': (input: { readonly id: string; readonly reason: string; readonly incident: string }) => ApprovalWhole
  'approvals.review': (input: { readonly id: string; readonly note: string }) => ApprovalWhole
  /** Opens the page of the CI run that asked, as the gateway names it: the page here cannot choose what is opened. */
  'approvals.openRun': (input: { readonly id: string; /** Left out: the run. */ readonly page?: 'run' | 'pull' | undefined }) => null
  'approvals.stream': (input: null) => ApprovalStream
  /** The machine woke up or the network came back. */
  'approvals.wake': (input: null) => null
  'grants.list': (input: { readonly filter: 'active' | 'all' }) => readonly Grant[]
  /** Asks for time-boxed access: answers with the approval that is to be decided. */
  'grants.request': (input: { readonly connection: string; readonly kinds: readonly string[]; readonly on: readonly string[] | null; readonly minutes: number; readonly purpose: string }) => ApprovalWhole
  'grants.revoke': (input: { readonly id: string; readonly reason: string | null }) => Grant
  /** A shell in a terminal. Output comes as `terminal.output` events and stops coming while too much of it is unacknowledged. */
  'terminals.open': (input: { /** A UUID of the page's: output may come before the answer. */ readonly terminal: string; readonly connection: string; readonly cols: number; readonly rows: number; readonly namespace: string | null; /** Of the caller: see `terminals.list`. */ readonly page: string }) => TerminalInfo
  /** What is typed or pasted. */
  'terminals.write': (input: { readonly terminal: string; readonly base64: string }) => null
  'terminals.resize': (input: { readonly terminal: string; readonly cols: number; readonly rows: number }) => null
  /** So many more bytes of its output are on the screen. */
  'terminals.acknowledge': (input: { readonly terminal: string; readonly bytes: number }) => null
  /** Sets the namespace of its kubeconfig's context. */
  'terminals.namespace': (input: { readonly terminal: string; readonly namespace: string }) => TerminalInfo
  'terminals.reason': (input: { readonly terminal: string; readonly reason: string | null }) => TerminalInfo
  /** Ends the shell and what it runs; its kubeconfig is removed and of no use to anyone. */
  'terminals.close': (input: { readonly terminal: string }) => null
  /** Those that live, of any page: a page that was reloaded finds what it left, by its own name. */
  'terminals.list': (input: null) => readonly TerminalInfo[]
  /** A list that is kept current by `kubernetes.rows` events until it ends or is closed. `namespace` null: all. */
  'kubernetes.watch': (input: { readonly connection: string; readonly view: KubernetesViewName; readonly namespace: string | null }) => { readonly watch: string; readonly table: KubernetesTable }
  'kubernetes.unwatch': (input: { readonly watch: string }) => null
  'kubernetes.get': (input: { readonly connection: string; readonly view: KubernetesViewName; readonly namespace: string | null; readonly name: string }) => KubernetesObject
  /** Follows a container's log: lines come as `kubernetes.logLines` events, at the pace at which they are acknowledged. */
  'kubernetes.log': (input: { readonly connection: string; readonly namespace: string; readonly pod: string; readonly container: string | null; readonly isPrevious: boolean }) => { readonly log: string }
  'kubernetes.logAcknowledge': (input: { readonly log: string; readonly lines: number }) => null
  'kubernetes.unlog': (input: { readonly log: string }) => null
  /** In the system's browser; http and https only. */
  'app.openLink': (input: { readonly url: string }) => null
  'settings.get': (input: null) => Settings
  'settings.set': (input: Partial<Settings>) => Settings
}

/** Events: pushed to every window. */
export interface IpcEvents {
  'login.changed': LoginState
  'sql.statement': { readonly editor: string; readonly state: StatementState }
  /** The editor's session ended (idle limit, expiry, revocation, upstream lost). The next run opens a new one. */
  'sql.lost': { readonly editor: string; readonly reason: string }
  'native.changed': NativeAccess
  'terminal.output': { readonly terminal: string; readonly base64: string }
  /** The shell has ended; `code` null: a signal ended it, or we did. */
  'terminal.exit': { readonly terminal: string; readonly code: number | null; readonly reason: string }
  /** Its kubeconfig was changed, by us or by a command in it; or kubectl was looked for. */
  'terminal.changed': TerminalInfo
  'kubernetes.rows': { readonly watch: string; readonly upserts: readonly KubernetesRow[]; readonly removed: readonly string[] }
  /** Nothing more will come: list anew, or say why not. */
  'kubernetes.watchEnded': { readonly watch: string; readonly failure: IpcFailure | null }
  'kubernetes.logLines': { readonly log: string; readonly lines: readonly string[]; /** Of lines that were too long. */ readonly cutCharacters: number }
  'kubernetes.logEnded': { readonly log: string; readonly failure: IpcFailure | null }
  'settings.changed': Settings
  /** Each once, in the gateway's order, also after sleep or a lost network. */
  'approvals.event': ApprovalEvent
  /** What came before will not be told: list anew. Also when somebody signs in. */
  'approvals.fresh': null
  'approvals.stream': ApprovalStream
}

/** `open`: those one may decide now. `reviews`: passed by break-glass, and to be looked at by somebody else. */
export type ApprovalFilter = 'open' | 'mine' | 'decided' | 'reviews'

export interface IpcFailure { readonly code: ErrorCode; readonly message: string }

export type IpcCallName = keyof IpcCalls
export type IpcEventName = keyof IpcEvents
export type IpcInput<N extends IpcCallName> = Parameters<IpcCalls[N]>[0]
export type IpcOutput<N extends IpcCallName> = ReturnType<IpcCalls[N]>

/** What a host must offer the renderer, by preload (Electron) or by WebSocket (browser host). */
export interface Desktop {
  call<N extends IpcCallName>(name: N, input: IpcInput<N>): Promise<IpcOutput<N>>
  on<N extends IpcEventName>(name: N, listener: (event: IpcEvents[N]) => void): () => void
}
