// Text to be read before it is decided, without a language: whole, lines numbered and wrapped so that nothing hides to the right, every
// hidden or direction-changing character made visible. As a diff, lines that go and come have their colours.
import { useMemo } from 'react'
import { visibleParts } from '../../shared/visible.ts'
import { plural } from '../lib/format.ts'
import { sqlLines } from '../lib/sql-lines.ts'
import { Banner } from '../ui/Banner.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './SqlText.module.css'

const diffTones: Readonly<Record<string, string>> = { '+': 'added', '-': 'removed', '@': 'place' }

/** The headers of a unified diff are none of its changes. */
const toneOf = (line: string): string | undefined => (/^(?:\+\+\+|---) /.test(line) ? 'place' : diffTones[line[0] ?? ''])

export function ExactText({ text, label, isDiff = false }: { readonly text: string; readonly label: string; readonly isDiff?: boolean }) {
  const lines = useMemo(() => sqlLines(text.replace(/\n$/, ''), null), [text])
  const hidden = useMemo(() => visibleParts(text, 'block').filter(({ kind }) => kind === 'mark').length, [text])
  return (
    <>
      {hidden > 0 && <div className={styles['warning']}><Banner tone="warn">{plural(hidden, 'hidden character')} in this text, shown as marks. Read it twice: such characters can make text look like something else.</Banner></div>}
      <pre className={styles['code']} aria-label={label} tabIndex={0}>
        {/* Lines of one text never move: their place is their key. */}
        {lines.map(({ tokens, end }, at) => {
          const line = tokens.map((token) => token.text).join('')
          return <code key={at} className={styles['line']} data-diff={isDiff ? toneOf(line) : undefined}><span><Untrusted text={line} as="block" /></span>{end !== '' && <Untrusted text={end} />}{'\n'}</code>
        })}
      </pre>
    </>
  )
}
