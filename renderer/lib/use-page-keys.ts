// Plain letters as keys of a page: not while somebody types, not with a modifier, not under a dialog.
import { useEffect, useEffectEvent } from 'react'

export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.closest('input, textarea, select, [role=textbox], .monaco-editor') !== null)

export function usePageKeys(onKey: (event: KeyboardEvent) => void): void {
  const take = useEffectEvent((event: KeyboardEvent) => {
    const isOthers = event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)
    if (!isOthers && document.querySelector('[role=dialog]') === null) onKey(event)
  })
  useEffect(() => {
    const listener = (event: KeyboardEvent) => take(event)
    window.addEventListener('keydown', listener)
    return () => window.removeEventListener('keydown', listener)
  }, [])
}
