// The SQL editor: one Monaco for all tabs of a connection, a model a tab. It marks the statement at the cursor, shows where the last
// run failed, and hands out what to run. It runs nothing itself.
import { useEffect, useEffectEvent, useImperativeHandle, useRef, type Ref } from 'react'
import type { SchemaTree } from '../../shared/ipc.ts'
import { visibleText } from '../../shared/visible.ts'
import { call } from '../lib/current-desktop.ts'
import { giveNames, language, monaco } from '../lib/monaco.ts'
import { keyParts } from '../lib/platform.ts'
import { statementAt, type TextRange } from '../lib/statement-at.ts'
import { useIsDark } from '../lib/use-dark.ts'
import type { VerdictMark } from '../lib/verdict-words.ts'
import styles from './SqlEditor.module.css'

export type RunScope = 'cursor' | 'all'

export interface SqlEditorHandle {
  /** What a run of this scope sends: the selection if there is one, else the statement at the cursor, or all. */
  toRun(scope: RunScope): Promise<{ readonly text: string; readonly base: number } | null>
  insert(text: string): void
  focus(): void
  select(range: TextRange): void
}

export interface EditorMark { readonly range: TextRange; readonly message: string; readonly kind: 'refusal' | 'error' }

export interface SqlEditorProps {
  readonly ref: Ref<SqlEditorHandle>
  readonly tab: string
  readonly text: string
  readonly tabs: readonly string[]
  readonly schema: SchemaTree | undefined
  readonly fontSize: number
  readonly marks: readonly EditorMark[]
  /** What would become of each statement, as far as the gateway has said. */
  readonly verdicts: readonly VerdictMark[]
  /** Names of masked columns, `schema.table.column`. */
  readonly masked: readonly string[] | undefined
  readonly isRunning: boolean
  readonly onChange: (tab: string, text: string) => void
  readonly onRun: (scope: RunScope) => void
  readonly onCancel: () => void
  readonly onCursor: (offset: number) => void
}

type Model = monaco.editor.ITextModel
type Editor = monaco.editor.IStandaloneCodeEditor

const splitDelayMs = 90

const rangeIn = (model: Model, { start, end }: TextRange): monaco.Range => monaco.Range.fromPositions(model.getPositionAt(start), model.getPositionAt(end))

async function statementNow(editor: Editor): Promise<TextRange | null> {
  const model = editor.getModel()
  const position = editor.getPosition()
  if (model === null || position === null) return null
  const text = model.getValue()
  const ranges = await call('sql.split', { text })
  return statementAt(ranges, text, model.getOffsetAt(position))
}

async function toRun(editor: Editor, scope: RunScope): Promise<{ readonly text: string; readonly base: number } | null> {
  const model = editor.getModel()
  const selection = editor.getSelection()
  if (model === null) return null
  if (scope === 'all') return { text: model.getValue(), base: 0 }
  if (selection !== null && !selection.isEmpty()) return { text: model.getValueInRange(selection), base: model.getOffsetAt(selection.getStartPosition()) }
  const range = await statementNow(editor)
  return range === null ? null : { text: model.getValue().slice(range.start, range.end), base: range.start }
}

function create(host: HTMLElement): Editor {
  return monaco.editor.create(host, {
    model: null, automaticLayout: true, ariaLabel: 'SQL editor', placeholder: `Write SQL. ${keyParts('Mod+Enter').join(' ')} runs the statement at the cursor.`,
    minimap: { enabled: false }, scrollBeyondLastLine: false, lineNumbersMinChars: 3, lineDecorationsWidth: 12, folding: false, glyphMargin: true,
    renderLineHighlight: 'none', overviewRulerLanes: 0, hideCursorInOverviewRuler: true, padding: { top: 12, bottom: 12 }, fixedOverflowWidgets: true,
    fontFamily: 'var(--font-mono)', fontLigatures: false, tabSize: 2, wordWrap: 'on', wrappingIndent: 'same', quickSuggestions: { other: true, comments: false, strings: false },
    acceptSuggestionOnEnter: 'smart', suggest: { showStatusBar: false, showWords: false }, wordBasedSuggestions: 'off', links: false, contextmenu: true,
    unicodeHighlight: { ambiguousCharacters: true, invisibleCharacters: true }, unusualLineTerminators: 'auto', bracketPairColorization: { enabled: false },
    scrollbar: { verticalScrollbarSize: 10, horizontalScrollbarSize: 10, useShadows: false }, stickyScroll: { enabled: false }, renderControlCharacters: true,
  })
}

export function SqlEditor({ ref, tab, text, tabs, schema, fontSize, marks, verdicts, masked, isRunning, onChange, onRun, onCancel, onCursor }: SqlEditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const editor = useRef<Editor | null>(null)
  const models = useRef(new Map<string, { readonly model: Model; view: monaco.editor.ICodeEditorViewState | null }>())
  const shown = useRef<string | null>(null)
  const preflight = useRef<monaco.editor.IEditorDecorationsCollection | null>(null)
  const running = useRef<monaco.editor.IContextKey<boolean> | null>(null)
  const isDark = useIsDark()

  const onRunNow = useEffectEvent((scope: RunScope) => onRun(scope))
  const onCancelNow = useEffectEvent(() => onCancel())
  const onMoved = useEffectEvent((offset: number) => onCursor(offset))
  const onTyped = useEffectEvent((value: string) => onChange(tab, value))

  useEffect(() => {
    const kept = models.current
    const made = create(host.current!)
    editor.current = made
    running.current = made.createContextKey<boolean>('gatehouseRunning', false)
    const { KeyCode, KeyMod } = monaco
    const actions = [
      made.addAction({ id: 'run-cursor', label: 'Run selection or statement at cursor', keybindings: [KeyMod.CtrlCmd | KeyCode.Enter], contextMenuGroupId: '0_run', contextMenuOrder: 1, run: () => onRunNow('cursor') }),
      made.addAction({ id: 'run-all', label: 'Run all statements', keybindings: [KeyMod.CtrlCmd | KeyMod.Shift | KeyCode.Enter], contextMenuGroupId: '0_run', contextMenuOrder: 2, run: () => onRunNow('all') }),
      made.addAction({ id: 'cancel-run', label: 'Cancel', keybindings: [KeyMod.CtrlCmd | KeyCode.Period], run: () => onCancelNow() }),
      made.addAction({ id: 'cancel-run-escape', label: 'Cancel', keybindings: [KeyCode.Escape], precondition: 'gatehouseRunning && !suggestWidgetVisible && !findWidgetVisible', run: () => onCancelNow() }),
    ]
    const mark = made.createDecorationsCollection()
    preflight.current = made.createDecorationsCollection()
    const moved = made.onDidChangeCursorPosition(({ position }) => onMoved(made.getModel()?.getOffsetAt(position) ?? 0))
    const stopMarking = watchStatement(made, mark)
    const typed = made.onDidChangeModelContent((event) => { if (!event.isFlush) onTyped(made.getValue()) })
    return () => {
      stopMarking()
      for (const each of [...actions, typed, moved]) each.dispose()
      made.dispose()
      for (const { model } of kept.values()) model.dispose()
      kept.clear()
      shown.current = null
    }
  }, [])

  useEffect(() => {
    const made = editor.current!
    const leaving = shown.current === null ? undefined : models.current.get(shown.current)
    if (leaving !== undefined) leaving.view = made.saveViewState()
    const entry = models.current.get(tab) ?? { model: monaco.editor.createModel(text, language), view: null }
    models.current.set(tab, entry)
    if (entry.model.getValue() !== text) entry.model.setValue(text)
    if (shown.current === tab) return
    made.setModel(entry.model)
    if (entry.view !== null) made.restoreViewState(entry.view)
    else made.setPosition(entry.model.getFullModelRange().getEndPosition())
    shown.current = tab
    made.focus()
    // The text is read when a tab comes into view; while it is shown the editor owns it.
  }, [tab, text])

  useEffect(() => {
    for (const [id, { model }] of models.current) {
      if (tabs.includes(id)) continue
      model.dispose()
      models.current.delete(id)
    }
  }, [tabs])

  useEffect(() => running.current?.set(isRunning), [isRunning])
  useEffect(() => { for (const { model } of models.current.values()) giveNames(model, schema, masked) }, [schema, masked, tab])
  useEffect(() => editor.current?.updateOptions({ fontSize, lineHeight: Math.round(fontSize * 1.6) }), [fontSize])
  useEffect(() => monaco.editor.setTheme(isDark ? 'gatehouse-dark' : 'gatehouse-light'), [isDark])
  useEffect(() => {
    const model = models.current.get(tab)?.model
    if (model !== undefined) showMarks(model, marks)
  }, [marks, tab])
  useEffect(() => {
    const model = models.current.get(tab)?.model
    if (model !== undefined) preflight.current?.set(verdicts.flatMap((verdict) => decorationsOf(model, verdict)))
  }, [verdicts, tab])

  useImperativeHandle(ref, () => ({
    toRun: (scope) => (editor.current === null ? Promise.resolve(null) : toRun(editor.current, scope)),
    insert: (inserted) => {
      const made = editor.current
      if (made === null) return
      made.executeEdits('insert', [{ range: made.getSelection()!, text: inserted, forceMoveMarkers: true }])
      made.focus()
    },
    focus: () => editor.current?.focus(),
    select: (range) => {
      const made = editor.current
      const model = made?.getModel()
      if (made === null || model === null || model === undefined) return
      made.setSelection(rangeIn(model, range))
      made.revealRangeInCenterIfOutsideViewport(rangeIn(model, range))
      made.focus()
    },
  }), [])

  return <div ref={host} className={styles['editor']} />
}

/** Keeps a bar in the gutter beside the statement that Ctrl+Enter would run. */
function watchStatement(editor: Editor, mark: monaco.editor.IEditorDecorationsCollection): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let asked = 0
  const update = async () => {
    const mine = ++asked
    const range = await statementNow(editor).catch(() => null)
    const model = editor.getModel()
    if (mine !== asked || model === null) return
    if (range === null) return mark.clear()
    mark.set([{ range: rangeIn(model, range), options: { isWholeLine: true, linesDecorationsClassName: styles['statement'] ?? '' } }])
  }
  const later = () => {
    clearTimeout(timer)
    timer = setTimeout(() => void update(), splitDelayMs)
  }
  const watching = [editor.onDidChangeCursorPosition(later), editor.onDidChangeModelContent(later), editor.onDidChangeModel(later)]
  return () => {
    asked++
    clearTimeout(timer)
    for (const each of watching) each.dispose()
  }
}

const verdictTextCharactersMax = 90

/** A sign beside the statement's first line; what is not plainly allowed is said behind its last. */
function decorationsOf(model: Model, { range, kind, short, reason }: VerdictMark): monaco.editor.IModelDeltaDecoration[] {
  const { startLineNumber, endLineNumber } = rangeIn(model, range)
  const said = visibleText(short)
  const text = said.length > verdictTextCharactersMax ? `${said.slice(0, verdictTextCharactersMax - 1)}…` : said
  const hover = [said, ...(reason === null ? [] : [visibleText(reason)])].join(' — ').replaceAll(/[\\`*_{}[\]<>()#+!|]/g, '\\$&')
  const end = model.getLineMaxColumn(endLineNumber)
  return [
    { range: new monaco.Range(startLineNumber, 1, startLineNumber, 1), options: { glyphMarginClassName: `${styles['verdict']} ${styles[kind]}`, glyphMarginHoverMessage: { value: hover } } },
    ...(kind === 'allowed' ? [] : [{ range: new monaco.Range(endLineNumber, end, endLineNumber, end), options: { showIfCollapsed: true, after: { content: `\u2003${text}`, inlineClassName: `${styles['said']} ${styles[kind]}` } } }]),
  ]
}

function showMarks(model: Model, marks: readonly EditorMark[]): void {
  monaco.editor.setModelMarkers(model, 'gatehouse', marks.map(({ range, message, kind }) => {
    const { startLineNumber, startColumn, endLineNumber, endColumn } = rangeIn(model, range)
    return { startLineNumber, startColumn, endLineNumber, endColumn, message, severity: monaco.MarkerSeverity.Error, source: kind === 'refusal' ? 'refused by policy' : 'PostgreSQL' }
  }))
}
