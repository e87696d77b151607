// YAML to read: keys told apart from values, hidden characters visible, drawn line by line as it comes into view.
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef } from 'react'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './YamlText.module.css'

const lineHeight = 18
/** A line longer than this would stall the page; Copy has it whole. */
const lineCharactersMax = 4_000

export function YamlText({ text }: { readonly text: string }) {
  const lines = useMemo(() => text.trimEnd().split('\n'), [text])
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({ count: lines.length, getScrollElement: () => scroller.current, estimateSize: () => lineHeight, overscan: 30 })
  return (
    <div ref={scroller} className={styles['text']} role="region" aria-label="YAML" tabIndex={0}>
      <div style={{ height: virtual.getTotalSize(), position: 'relative', minWidth: 'max-content' }}>
        {virtual.getVirtualItems().map(({ index, start }) => <Line key={index} top={start} text={lines[index]!.slice(0, lineCharactersMax)} isCut={lines[index]!.length > lineCharactersMax} />)}
      </div>
    </div>
  )
}

function Line({ text, top, isCut }: { readonly text: string; readonly top: number; readonly isCut: boolean }) {
  const [, lead = '', key = '', rest = text] = /^(\s*(?:- )*)([\w./-]+:)(?=\s|$)(.*)$/s.exec(text) ?? []
  return <code className={styles['line']} style={{ top }}>{lead}{key !== '' && <span className={styles['key']}>{key}</span>}<bdi><Untrusted text={rest} as="block" /></bdi>{isCut && '…'}</code>
}
