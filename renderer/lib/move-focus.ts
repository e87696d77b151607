// j and k, or the arrows, move the focus along a list; from outside they begin at its first entry.
const steps: Readonly<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }

export function moveFocus(event: { readonly key: string; preventDefault(): void }, list: HTMLElement | null, selector: string): void {
  const step = steps[event.key]
  if (step === undefined || list === null) return
  const entries = [...list.querySelectorAll<HTMLElement>(selector)]
  const at = entries.indexOf(document.activeElement as HTMLElement)
  event.preventDefault()
  entries[at === -1 ? 0 : Math.max(0, Math.min(entries.length - 1, at + step))]?.focus()
}
