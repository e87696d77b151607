// Terminals and a cluster of the fake Desktop: a toy shell that echoes, knows a few commands and what kubectl would print; resources
// in memory that change while one looks. What was written to a terminal is kept for tests.
import type { ApprovalWhole } from '../../shared/approval.ts'
import type { HeldStatement, IpcCalls, IpcEvents, IpcFailure, KubernetesRow, KubernetesTable, TerminalInfo } from '../../shared/ipc.ts'
import type { KubernetesViewName } from '../../shared/kubernetes-views.ts'
import { refusedSequences } from '../lib/terminal-guard.ts'
import { fakeObject, fakeRows, fakeTables, logLine } from './fake-resources.ts'

type Tell = <N extends keyof IpcEvents>(name: N, event: IpcEvents[N]) => void
type Calls = { readonly [N in Extract<keyof IpcCalls, `terminals.${string}` | `kubernetes.${string}`>]: IpcCalls[N] }

export interface FakeClusterOptions {
  readonly tell: Tell
  readonly hold: (text: string) => { readonly held: HeldStatement; readonly settled: Promise<ApprovalWhole> }
  readonly withdraw: () => void
  readonly hasKubectl?: boolean
  /** What reading a view is answered with instead. */
  readonly refusals?: Partial<Record<KubernetesViewName, IpcFailure>>
}

interface FakeTerminal { info: TerminalInfo; line: string; isBusy: boolean; unseen: number; /** Of Ctrl+C so far. */ turn: number }

const encoder = new TextEncoder()
const base64 = (text: string): string => btoa(String.fromCharCode(...encoder.encode(text)))
const unseenMax = 256 * 1024

export class FakeCluster {
  readonly #options: FakeClusterOptions
  readonly #terminals = new Map<string, FakeTerminal>()
  readonly #watches = new Map<string, { readonly view: KubernetesViewName; readonly namespace: string | null }>()
  readonly #logs = new Map<string, ReturnType<typeof setInterval>>()
  #next = 1
  /** What was typed, pasted or answered by the terminal itself, in order. */
  readonly written: string[] = []
  /** One of each sequence that must have no effect. */
  readonly refused = refusedSequences.map(({ example }) => example)

  constructor(options: FakeClusterOptions) {
    this.#options = options
  }

  /** A program of the newest terminal writes this. */
  print(text: string): void {
    const newest = [...this.#terminals.keys()].at(-1)
    if (newest !== undefined) this.#print(newest, text)
  }

  /** A pod is replaced, as a rollout does it. */
  roll(): void {
    const rows = fakeRows('pods')
    for (const [watch, { view }] of this.#watches) {
      if (view !== 'pods') continue
      this.#options.tell('kubernetes.rows', { watch, removed: [rows[0]!.key], upserts: [{ ...rows[0]!, key: 'pod-new', name: 'web-7c9d8b6f4-new11', createdAt: new Date().toISOString(), cells: ['web-7c9d8b6f4-new11', '0/1', 'ContainerCreating', '0', '1s'] }] })
    }
  }

  readonly calls: Calls = {
    'terminals.open': ({ terminal, connection, namespace, page }) => {
      const info: TerminalInfo = { terminal, connection, page, shell: 'bash', kubectl: 'looking', namespace: namespace ?? 'default', reason: null }
      this.#terminals.set(terminal, { info, line: '', isBusy: false, unseen: 0, turn: 0 })
      setTimeout(() => this.#print(terminal, prompt), 20)
      setTimeout(() => this.#change(terminal, { kubectl: this.#options.hasKubectl === false ? 'missing' : 'found' }), 60)
      return info
    },
    'terminals.write': ({ terminal, base64: bytes }) => {
      const text = new TextDecoder().decode(Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0)))
      this.written.push(text)
      this.#type(this.#terminalOf(terminal), text)
      return null
    },
    'terminals.resize': () => null,
    'terminals.acknowledge': ({ terminal, bytes }) => {
      const found = this.#terminals.get(terminal)
      if (found !== undefined) found.unseen = Math.max(0, found.unseen - bytes)
      return null
    },
    'terminals.namespace': ({ terminal, namespace }) => this.#change(terminal, { namespace }),
    'terminals.reason': ({ terminal, reason }) => this.#change(terminal, { reason }),
    'terminals.close': ({ terminal }) => { this.#terminals.delete(terminal); return null },
    'terminals.list': () => [...this.#terminals.values()].map(({ info }) => info),
    'kubernetes.watch': ({ view, namespace }) => {
      const refusal = this.#options.refusals?.[view]
      if (refusal !== undefined) throw refusal
      const watch = `watch-${this.#next++}`
      this.#watches.set(watch, { view, namespace })
      return { watch, table: tableOf(view, namespace) }
    },
    'kubernetes.unwatch': ({ watch }) => { this.#watches.delete(watch); return null },
    'kubernetes.get': ({ view, namespace, name }) => {
      if (name === 'web-7c9d8b6f4-gone') throw { code: 'not_found', message: `pods "${name}" not found` } satisfies IpcFailure
      return { yaml: fakeObject(view, namespace, name), containers: view === 'pods' ? ['web', 'istio-proxy'] : [] }
    },
    'kubernetes.log': ({ container }) => {
      const log = `log-${this.#next++}`
      let line = 0
      const send = (count: number) => this.#options.tell('kubernetes.logLines', { log, lines: Array.from({ length: count }, () => logLine(line++, container)), cutCharacters: 0 })
      setTimeout(() => send(400), 10)
      this.#logs.set(log, setInterval(() => send(2), 400))
      return { log }
    },
    'kubernetes.logAcknowledge': () => null,
    'kubernetes.unlog': ({ log }) => { clearInterval(this.#logs.get(log)); this.#logs.delete(log); return null },
  }

  #terminalOf(id: string): FakeTerminal {
    const terminal = this.#terminals.get(id)
    if (terminal === undefined) throw { code: 'not_found', message: 'this terminal was closed; open a new one' } satisfies IpcFailure
    return terminal
  }

  #change(id: string, change: Partial<TerminalInfo>): TerminalInfo {
    const terminal = this.#terminalOf(id)
    terminal.info = { ...terminal.info, ...change }
    this.#options.tell('terminal.changed', terminal.info)
    return terminal.info
  }

  #print(id: string, text: string): void {
    const terminal = this.#terminals.get(id)
    if (terminal === undefined) return
    terminal.unseen += encoder.encode(text).length
    this.#options.tell('terminal.output', { terminal: id, base64: base64(text) })
  }

  #type(terminal: FakeTerminal, text: string): void {
    // What a terminal answers by itself, the brackets around a paste: no shell shows them.
    for (const character of text.replaceAll(answers, '')) this.#key(terminal, character)
  }

  #key(terminal: FakeTerminal, character: string): void {
    const { terminal: id } = terminal.info
    if (character === '\u0003') {
      if (terminal.isBusy) this.#options.withdraw()
      terminal.isBusy = false
      terminal.turn++
      terminal.line = ''
      return this.#print(id, `^C\r\n${prompt}`)
    }
    if (terminal.isBusy) return
    if (character === '\r') {
      this.#print(id, '\r\n')
      const { line, turn } = terminal
      terminal.line = ''
      return void this.#run(terminal, line.trim()).then(() => { if (terminal.turn === turn) this.#print(id, prompt) })
    }
    if (character === '\u007f') {
      if (terminal.line !== '') this.#print(id, '\b \b')
      terminal.line = terminal.line.slice(0, -1)
      return
    }
    terminal.line += character
    this.#print(id, character)
  }

  async #run(terminal: FakeTerminal, line: string): Promise<void> {
    const { terminal: id } = terminal.info
    const say = (text: string) => this.#print(id, text)
    if (line.startsWith('echo ')) return say(`${line.slice(5)}\r\n`)
    if (line === 'yes') return this.#yes(terminal)
    if (line === 'exit') {
      this.#terminals.delete(id)
      return this.#options.tell('terminal.exit', { terminal: id, code: 0, reason: 'the shell ended with code 0' })
    }
    if (line.startsWith('kubectl get pods')) return say(podsText())
    if (line.startsWith('kubectl delete ')) return this.#held(terminal, line)
    if (line !== '') say(`bash: ${line.split(' ', 1)[0]}: command not found\r\n`)
  }

  async #held(terminal: FakeTerminal, line: string): Promise<void> {
    const { terminal: id } = terminal.info
    terminal.isBusy = true
    const [, , kind = 'pod', name = 'web'] = line.split(' ')
    const { settled } = this.#options.hold(`DELETE /api/v1/namespaces/${terminal.info.namespace}/${kind}s/${name}`)
    const { state, decisions } = await settled
    if (!terminal.isBusy) return
    terminal.isBusy = false
    this.#print(id, state === 'approved' ? `${kind} "${name}" deleted\r\n` : `Error from server (Forbidden): ${state} by ${decisions[0]?.by.id ?? 'nobody'}: ${decisions[0]?.reason ?? ''}\r\n`)
  }

  async #yes(terminal: FakeTerminal): Promise<void> {
    const { terminal: id } = terminal.info
    terminal.isBusy = true
    const screenful = 'y\r\n'.repeat(5_000)
    while (terminal.isBusy && this.#terminals.has(id)) {
      if (terminal.unseen < unseenMax) this.#print(id, screenful)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
}

const [esc, bel] = ['\u001b', '\u0007']
const answers = new RegExp(`${esc}\\[20[01]~|${esc}\\[[?\\d;]*[\\w$]+|${esc}[P\\]][^${esc}${bel}]*(?:${esc}\\\\|${bel})`, 'g')
const prompt = '\u001b[32mana@laptop\u001b[0m:\u001b[34m~\u001b[0m$ '

function tableOf(view: KubernetesViewName, namespace: string | null): KubernetesTable {
  const rows = fakeRows(view).filter((row: KubernetesRow) => namespace === null || row.namespace === null || row.namespace === namespace)
  return { columns: fakeTables[view].map(([name, priority]) => ({ name, priority, isAge: name === 'Age' || name === 'Last Seen' })), rows, isCut: false }
}

function podsText(): string {
  const lines = [['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE'], ...fakeRows('pods').slice(0, 6).map(({ cells }) => cells.slice(0, 5))]
  const widths = [0, 1, 2, 3].map((at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)) + 3)
  return lines.map((line) => `${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('')}\r\n`).join('')
}
