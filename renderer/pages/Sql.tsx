// The SQL page of one connection: schema tree, editor tabs, results. It composes; what runs is in stores/runs.ts.
import { PanelLeft, Play, Square, SquareTerminal } from 'lucide-react'
import { Suspense, lazy, useEffect, useEffectEvent, useMemo, useRef, useState } from 'react'
import type { SchemaRelation, StatementState } from '../../shared/ipc.ts'
import { EditorTabs, editorPanelId, tabElementId } from '../components/EditorTabs.tsx'
import { PreflightLine } from '../components/PreflightLine.tsx'
import { PsqlDialog } from '../components/PsqlDialog.tsx'
import { ReasonDialog } from '../components/ReasonDialog.tsx'
import { ResultPane } from '../components/ResultPane.tsx'
import { SchemaTree } from '../components/SchemaTree.tsx'
import type { RunScope, SqlEditorHandle } from '../components/SqlEditor.tsx'
import { onAppCommand, type AppCommand } from '../lib/app-commands.ts'
import { editorMarks, placeOf } from '../lib/editor-marks.ts'
import { isMod } from '../lib/platform.ts'
import { useMaskedColumns, useSchema } from '../lib/queries.ts'
import { relationName } from '../lib/sql-names.ts'
import { useNarrow } from '../lib/use-narrow.ts'
import { usePreflight } from '../lib/use-preflight.ts'
import { marksOf } from '../lib/verdict-words.ts'
import { layout, useLayout } from '../stores/layout.ts'
import { useLogin } from '../stores/login.ts'
import { askReason, cancelRun, failRun, forgetTab, idle, runText, runWithReason, saidBefore, stopAsking, useRuns } from '../stores/runs.ts'
import { useSettings } from '../stores/settings.ts'
import { scopeKey, tabs, useTabs, type TabSet } from '../stores/tabs.ts'
import { Button, IconButton } from '../ui/Button.tsx'
import { Spinner } from '../ui/Spinner.tsx'
import { Splitter } from '../ui/Splitter.tsx'
import styles from './Sql.module.css'

const SqlEditor = lazy(() => import('../components/SqlEditor.tsx').then((module) => ({ default: module.SqlEditor })))

export function Sql({ connection }: { readonly connection: string }) {
  const principal = useLogin((login) => login.principal?.id ?? '')
  const gateway = useLogin((login) => login.state?.gateway ?? '')
  const scope = scopeKey({ gateway, principal, connection })
  const set = useTabs((store) => store.sets[scope])
  useEffect(() => tabs.load(scope), [scope])
  return set === undefined ? null : <Workspace key={scope} connection={connection} scope={scope} set={set} />
}

/** The tab bar above the editor. */
const barHeight = 37

function Workspace({ connection, scope, set }: { readonly connection: string; readonly scope: string; readonly set: TabSet }) {
  const editor = useRef<SqlEditorHandle>(null)
  const tab = set.tabs.find(({ id }) => id === set.active)!
  const run = useRuns((store) => store.byTab[tab.id]) ?? idle
  const isRunning = run.view?.isActive === true
  const [isPsqlOpen, setPsqlOpen] = useState(false)
  const schema = useSchema(connection)
  const masked = useMaskedColumns(connection)
  const preflight = usePreflight(connection, tab.text)
  const [cursor, setCursor] = useState(0)
  const fontSize = useSettings((settings) => settings.editorFontSize)
  const { treeWidth, editorShare, isTreeShown, isTreeDrawerOpen } = useLayout()
  const isNarrow = useNarrow()
  const centre = useRef<HTMLDivElement>(null)
  const ids = useMemo(() => set.tabs.map(({ id }) => id), [set.tabs])
  const marks = useMemo(() => editorMarks(run.view), [run.view])
  const verdicts = useMemo(() => marksOf(preflight), [preflight])

  const start = async (scopeOfRun: RunScope) => {
    if (isRunning) return
    try {
      const sent = await editor.current?.toRun(scopeOfRun)
      if (sent != null) await runText(tab.id, connection, sent, preflight)
    } catch (reason) {
      failRun(tab.id, reason)
    }
  }
  const cancel = () => void cancelRun(tab.id)
  const close = (id: string) => { forgetTab(id); tabs.close(scope, id) }
  const open = (schemaName: string, relation: SchemaRelation) => {
    const text = `select * from ${relationName(schemaName, relation.name)} limit 100;\n`
    const id = tabs.add(scope, { title: relation.name.slice(0, 60), text })
    layout.closeDrawers()
    void runText(id, connection, { text: text.trim().replace(/;$/, ''), base: 0 })
  }
  const insert = (text: string) => { layout.closeDrawers(); editor.current?.insert(text) }
  const say = (state: StatementState) => { if (run.view !== null) askReason(tab.id, { text: state.text, base: run.view.base + state.offset }) }
  const show = (state: StatementState) => { if (run.view !== null) editor.current?.select(placeOf(run.view, state)) }

  const toggleTree = () => useLayout.setState(isNarrow ? { isTreeDrawerOpen: !isTreeDrawerOpen } : { isTreeShown: !isTreeShown })
  const commands = {
    'run-cursor': () => void start('cursor'), 'run-all': () => void start('all'), cancel, 'new-tab': () => void tabs.add(scope), psql: () => setPsqlOpen(true), 'toggle-tree': toggleTree,
  } satisfies Record<AppCommand, () => void>

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || document.querySelector('[role=dialog]') !== null) return
    const isRun = isMod(event) && event.key === 'Enter'
    const isCancel = isRunning && (event.key === 'Escape' || (isMod(event) && event.key === '.'))
    if (!isRun && !isCancel) return
    event.preventDefault()
    if (isCancel) cancel()
    else void start(event.shiftKey ? 'all' : 'cursor')
  })
  const onCommand = useEffectEvent((command: AppCommand) => commands[command]())
  useEffect(() => {
    const key = (event: KeyboardEvent) => onKey(event)
    window.addEventListener('keydown', key)
    const stop = onAppCommand((command) => onCommand(command))
    return () => {
      window.removeEventListener('keydown', key)
      stop()
    }
  }, [])

  const isTreeVisible = isNarrow ? isTreeDrawerOpen : isTreeShown
  return (
    <div className={styles['page']}>
      {isTreeVisible && (
        <>
          {isNarrow && <button type="button" className={styles['scrim']} aria-label="Close the schema" onClick={layout.closeDrawers} />}
          <div className={styles['tree']} data-drawer={isNarrow || undefined} style={isNarrow ? undefined : { width: treeWidth }}>
            <SchemaTree connection={connection} masked={masked.data} onInsert={insert} onOpen={open} />
          </div>
          {!isNarrow && <Splitter label="Width of the schema" axis="x" value={treeWidth} min={180} max={520} onChange={(to) => useLayout.setState({ treeWidth: to })} />}
        </>
      )}
      <div ref={centre} className={styles['centre']}>
        <div className={styles['bar']}>
          <IconButton label={isTreeVisible ? 'Hide schema' : 'Show schema'} size="small" icon={<PanelLeft size={14} />} onClick={toggleTree} aria-pressed={isTreeVisible} />
          <EditorTabs scope={scope} set={set} onClose={close} />
          <IconButton label="Connect with psql" size="small" icon={<SquareTerminal size={14} />} onClick={() => setPsqlOpen(true)} />
          {isRunning
            ? <Button look="danger" size="small" icon={<Square size={12} fill="currentColor" />} onClick={cancel} aria-label="Cancel">Cancel</Button>
            : <Button look="primary" size="small" icon={<Play size={12} fill="currentColor" />} onClick={() => void start('cursor')} aria-label="Run">Run</Button>}
        </div>
        <div id={editorPanelId} role="tabpanel" aria-labelledby={tabElementId(tab.id)} className={styles['editor']} style={{ flexGrow: editorShare }}>
          <Suspense fallback={<p className={styles['loading']} role="status"><Spinner /> Loading the editor…</p>}>
            <SqlEditor
              ref={editor} tab={tab.id} text={tab.text} tabs={ids} schema={schema.data} fontSize={fontSize} marks={marks} verdicts={verdicts} masked={masked.data} isRunning={isRunning}
              onChange={(id, text) => tabs.write(scope, id, text)} onRun={(which) => void start(which)} onCancel={cancel} onCursor={setCursor}
            />
          </Suspense>
        </div>
        <PreflightLine preflight={preflight} marks={verdicts} cursor={cursor} />
        <Splitter label="Height of the editor" axis="y" value={editorShare} min={0.12} max={0.85} perPixel={() => 1 / Math.max(1, (centre.current?.clientHeight ?? 700) - barHeight)} onChange={(to) => useLayout.setState({ editorShare: to })} />
        <div className={styles['results']} style={{ flexGrow: 1 - editorShare }}>
          <ResultPane key={tab.id} tab={tab.id} run={run} onShow={show} onSay={say} onCancel={cancel} />
        </div>
      </div>
      {run.asking !== null && <ReasonDialog key={run.asking.text} before={saidBefore(run.asking)} onSend={(reason) => void runWithReason(tab.id, connection, reason)} onClose={() => stopAsking(tab.id)} />}
      {isPsqlOpen && <PsqlDialog connection={connection} onClose={() => setPsqlOpen(false)} />}
    </div>
  )
}
