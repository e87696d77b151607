// The bar between two panes: dragged, or moved with the arrow keys (role separator, ARIA window splitter).
import { useRef, type KeyboardEvent, type PointerEvent } from 'react'
import styles from './Splitter.module.css'
import { classes } from './classes.ts'

export interface SplitterProps {
  readonly label: string
  readonly axis: 'x' | 'y'
  readonly value: number
  readonly min: number
  readonly max: number
  /** In the unit of `value` a pixel; 1 unless the value is a share. Negative where the pane is behind the bar. */
  readonly perPixel?: number | (() => number)
  readonly onChange: (value: number) => void
}

const keySteps: Readonly<Record<string, number>> = { ArrowLeft: -16, ArrowUp: -16, ArrowRight: 16, ArrowDown: 16 }

export function Splitter({ label, axis, value, min, max, perPixel = 1, onChange }: SplitterProps) {
  const drag = useRef<{ readonly at: number; readonly value: number } | null>(null)
  const scale = () => (typeof perPixel === 'number' ? perPixel : perPixel())
  const clamp = (next: number) => onChange(Math.min(max, Math.max(min, next)))
  const place = (event: PointerEvent) => (axis === 'x' ? event.clientX : event.clientY)
  const down = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId)
    drag.current = { at: place(event), value }
  }
  const move = (event: PointerEvent) => {
    if (drag.current !== null) clamp(drag.current.value + (place(event) - drag.current.at) * scale())
  }
  const key = (event: KeyboardEvent) => {
    const step = keySteps[event.key]
    if (step === undefined) return
    event.preventDefault()
    clamp(value + step * scale())
  }
  return (
    <div
      role="separator" tabIndex={0} aria-label={label} aria-orientation={axis === 'x' ? 'vertical' : 'horizontal'}
      aria-valuemin={min} aria-valuemax={max} aria-valuenow={Math.round(value * 100) / 100}
      className={classes(styles['splitter'], styles[axis])}
      onPointerDown={down} onPointerMove={move} onPointerUp={() => { drag.current = null }} onKeyDown={key}
    />
  )
}
