// A statement to be read before it is decided: whole, coloured by the editor's own grammar, lines numbered and wrapped so that nothing hides to
// the right, every hidden or direction-changing character made visible. Each token is isolated: right-to-left letters cannot reorder code.
import { useEffect, useMemo, useState } from 'react'
import { visibleParts } from '../../shared/visible.ts'
import { plural } from '../lib/format.ts'
import { sqlLines, type Tokenize } from '../lib/sql-lines.ts'
import { Banner } from '../ui/Banner.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './SqlText.module.css'

function useTokenizer(): Tokenize | null {
  const [tokenize, setTokenize] = useState<Tokenize | null>(null)
  useEffect(() => {
    let isGone = false
    void import('../lib/monaco.ts').then(({ language, monaco }) => { if (!isGone) setTokenize(() => (text: string) => monaco.editor.tokenize(text, language)) })
    return () => { isGone = true }
  }, [])
  return tokenize
}

export function SqlText({ text, label }: { readonly text: string; readonly label: string }) {
  const tokenize = useTokenizer()
  const lines = useMemo(() => sqlLines(text, tokenize), [text, tokenize])
  const hidden = useMemo(() => visibleParts(text, 'block').filter(({ kind }) => kind === 'mark').length, [text])
  return (
    <>
      {hidden > 0 && <div className={styles['warning']}><Banner tone="warn">{plural(hidden, 'hidden character')} in this text, shown as marks. Read it twice: such characters can make code look like something else.</Banner></div>}
      <pre className={styles['code']} aria-label={label} tabIndex={0}>
        {/* Lines of one text never move: their place is their key. */}
        {lines.map(({ tokens, end }, at) => (
          <code key={at} className={styles['line']}>
            {tokens.map((token, place) => <span key={place} data-type={token.type.split('.')[0] || undefined}><Untrusted text={token.text} as="block" /></span>)}
            {end !== '' && <Untrusted text={end} />}{'\n'}
          </code>
        ))}
      </pre>
    </>
  )
}
