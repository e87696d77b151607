// Copies a text and says so.
import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button } from './Button.tsx'

const shownMs = 1600

export function CopyButton({ text, label = 'Copy', what }: { readonly text: string; readonly label?: string; /** For the accessible name: "Copy <what>". */ readonly what: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle')
  useEffect(() => {
    if (state === 'idle') return undefined
    const timer = setTimeout(() => setState('idle'), shownMs)
    return () => clearTimeout(timer)
  }, [state])
  const copy = () => navigator.clipboard.writeText(text).then(() => setState('copied'), () => setState('failed'))
  const words = { idle: label, copied: 'Copied', failed: 'Not allowed' }[state]
  return (
    <>
      <Button size="small" icon={state === 'copied' ? <Check size={14} /> : <Copy size={14} />} aria-label={`Copy ${what}`} onClick={() => void copy()}>{words}</Button>
      <span role="status" className="visually-hidden">{state === 'copied' ? `Copied ${what}` : ''}</span>
    </>
  )
}
