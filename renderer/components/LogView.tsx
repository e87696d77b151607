// A container's log, followed: the newest lines, drawn as they come into view. Text is text: escape sequences are marks, nothing more.
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDownToLine, Pause, Play } from 'lucide-react'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import type { IpcInput } from '../../shared/ipc.ts'
import { count, plural } from '../lib/format.ts'
import { useLog } from '../lib/use-log.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { CopyButton } from '../ui/CopyButton.tsx'
import { SearchField } from '../ui/Field.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './LogView.module.css'

export interface LogViewProps { readonly connection: string; readonly namespace: string; readonly pod: string; readonly containers: readonly string[] }

const lineHeight = 18

export function LogView({ containers, ...of }: LogViewProps) {
  const [picked, setPicked] = useState<string | null>(null)
  const [isPrevious, setPrevious] = useState(false)
  const container = picked ?? containers[0] ?? null
  return (
    // Another log is another view: nothing of the one before stays.
    <Log key={`${container} ${isPrevious}`} {...of} container={container} isPrevious={isPrevious}>
      {containers.length > 1 && (
        <label><span className="visually-hidden">Container</span><select value={container ?? ''} onChange={(event) => setPicked(event.target.value)}>{containers.map((name) => <option key={name}>{name}</option>)}</select></label>
      )}
      <label className={styles['check']}><input type="checkbox" checked={isPrevious} onChange={(event) => setPrevious(event.target.checked)} />before the restart</label>
    </Log>
  )
}

interface LogProps extends IpcInput<'kubernetes.log'> { /** What chooses among logs. */ readonly children: ReactNode }

function Log({ children, ...of }: LogProps) {
  const [isOn, setOn] = useState(true)
  const [isAtEnd, setAtEnd] = useState(true)
  const [needle, setNeedle] = useState('')
  const log = useLog(of, isOn)
  const shown = needle === '' ? log.lines : log.lines.filter((line) => line.toLowerCase().includes(needle.toLowerCase()))
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => lineHeight, overscan: 30 })
  useEffect(() => { if (isAtEnd && shown.length > 0) virtual.scrollToIndex(shown.length - 1, { align: 'end' }) }, [isAtEnd, shown.length, log.dropped, virtual])
  const onScroll = () => {
    const element = scroller.current
    if (element !== null) setAtEnd(element.scrollHeight - element.scrollTop - element.clientHeight < lineHeight * 2)
  }
  return (
    <div className={styles['log']}>
      <div className={styles['tools']}>
        {children}
        <SearchField label="Find in the log" placeholder="Find…" value={needle} onChange={(event) => setNeedle(event.target.value)} className={styles['filter']} />
        <Button size="small" icon={isOn ? <Pause size={12} /> : <Play size={12} />} onClick={() => setOn(!isOn)} disabledReason={log.isOver && 'The log has ended'}>{isOn ? 'Pause' : 'Go on'}</Button>
        <CopyButton text={shown.join('\n')} what="the lines that are shown" />
      </div>
      {log.failure !== null && <div className={styles['note']}><Banner tone="danger"><Untrusted text={log.failure.message} /></Banner></div>}
      <div ref={scroller} className={styles['lines']} role="log" aria-label={`Log of ${of.pod}`} aria-live="off" tabIndex={0} onScroll={onScroll}>
        <div style={{ height: virtual.getTotalSize(), position: 'relative', minWidth: 'max-content' }}>
          {virtual.getVirtualItems().map(({ index, start }) => <code key={index} className={styles['line']} style={{ top: start }}><Untrusted text={shown[index]!} as="block" /></code>)}
        </div>
      </div>
      <p className={styles['foot']} role="status">
        {needle === '' ? plural(log.lines.length, 'line') : `${count(shown.length)} of ${plural(log.lines.length, 'line')}`}
        {log.dropped > 0 && ` · ${plural(log.dropped, 'older line')} left out`}{log.cutCharacters > 0 && ' · long lines are cut'} · {log.isOver ? 'ended' : isOn ? 'following' : 'paused'}
        {!isAtEnd && <Button size="small" look="ghost" icon={<ArrowDownToLine size={12} />} onClick={() => setAtEnd(true)}>To the end</Button>}
      </p>
    </div>
  )
}
