// How terminals look and behave: text size, copy on select, lines kept, what screen readers hear.
import type { TerminalSettings as Terminal } from '../../shared/ipc.ts'
import { count } from '../lib/format.ts'
import page from '../pages/Page.module.css'
import { Segmented } from '../ui/Segmented.tsx'

const sizes = [11, 12, 13, 14, 16, 18] as const
const depths = [1_000, 10_000, 50_000, 100_000] as const

/** The choices, and what is set if it is none of them. */
const choices = (all: readonly number[], set: number) => [...new Set([...all, set])].toSorted((one, other) => one - other).map((value) => ({ value: String(value), label: count(value) }))

export function TerminalSettings({ value, onChange }: { readonly value: Terminal; readonly onChange: (value: Terminal) => void }) {
  const change = (next: Partial<Terminal>) => onChange({ ...value, ...next })
  return (
    <>
      <Segmented label="Terminal font size" value={String(value.fontSize)} onChange={(to) => change({ fontSize: Number(to) })} options={choices(sizes, value.fontSize)} />
      <Segmented label="Lines kept above the screen" value={String(value.scrollback)} onChange={(to) => change({ scrollback: Number(to) })} options={choices(depths, value.scrollback)} />
      <p className={page['note']}>Lines that are kept above the screen.</p>
      <Segmented label="Selection" value={value.copiesOnSelect ? 'copies' : 'selects'} onChange={(to) => change({ copiesOnSelect: to === 'copies' })} options={[{ value: 'selects', label: 'Select only' }, { value: 'copies', label: 'Copy on select' }]} />
      <Segmented label="Screen reader" value={value.hasScreenReader ? 'on' : 'off'} onChange={(to) => change({ hasScreenReader: to === 'on' })} options={[{ value: 'off', label: 'Draw only' }, { value: 'on', label: 'Tell screen readers' }]} />
      <p className={page['note']}>Programs in a terminal cannot write the clipboard, set titles or recolour it, whatever is set here.</p>
    </>
  )
}
