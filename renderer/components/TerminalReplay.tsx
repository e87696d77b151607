// A recorded terminal, played as it was: faster, slower, from anywhere, with what was typed beside it. It shows and does nothing else:
// the screen takes no input and answers nothing, and what programs may not do in a live terminal they may not do here.
import { Pause, Play, RotateCcw } from 'lucide-react'
import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react'
import { visibleText } from '../../shared/visible.ts'
import { timeLeft } from '../lib/approvals.ts'
import { failureOf } from '../lib/failure.ts'
import { playTimeOf, playTimes, type Replay } from '../lib/terminal-replay.ts'
import type { TerminalScreen } from '../lib/terminal-screen.ts'
import { useIsDark } from '../lib/use-dark.ts'
import { useSettings } from '../stores/settings.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { Segmented } from '../ui/Segmented.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './TerminalReplay.module.css'

const speeds = ['0.5', '1', '2', '4', '8'] as const
const stepMs = 5_000

export function TerminalReplay({ replay }: { readonly replay: Replay }) {
  const [screen, setScreen] = useState<TerminalScreen | null>(null)
  const [error, setError] = useState<string | null>(null)
  const [at, setAt] = useState(0)
  const [isPlaying, setPlaying] = useState(false)
  const [speed, setSpeed] = useState<(typeof speeds)[number]>('1')
  const [skipsPauses, setSkips] = useState(true)
  const { times, ms } = useMemo(() => playTimes(replay, skipsPauses), [replay, skipsPauses])
  const host = useRef<HTMLDivElement>(null)
  const settings = useSettings((all) => all.terminal)
  const isDark = useIsDark()

  useEffect(() => {
    let made: TerminalScreen | null = null
    let isGone = false
    const nothing = () => undefined
    import('../lib/terminal-screen.ts').then(({ TerminalScreen }) => {
      if (isGone || host.current === null) return
      made = new TerminalScreen({ label: 'Recorded terminal', settings: useSettings.getState().terminal, isDark: false, isReadOnly: true, size: replay.size, onInput: nothing, onResize: nothing, onShown: nothing, onAsk: nothing, onLink: nothing, onLeave: nothing, onFind: nothing })
      made.mount(host.current)
      setScreen(made)
    }, (reason: unknown) => setError(failureOf(reason).message))
    return () => { isGone = true; made?.dispose() }
    // More frames of the same recording arrive while it is on the screen: its first size stays its first size.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [])
  useEffect(() => screen?.adapt(settings, isDark), [screen, settings, isDark])

  const shown = useShown(screen, replay, times)
  const show = useEffectEvent((to: number) => {
    const next = Math.max(0, Math.min(ms, to))
    setAt(next)
    shown(next)
    if (next >= ms) setPlaying(false)
  })
  const position = useRef(0)
  useEffect(() => { position.current = at }, [at])
  useEffect(() => {
    if (!isPlaying || screen === null) return undefined
    let [last, frame] = [performance.now(), 0]
    const tick = (now: number) => {
      const to = position.current + (now - last) * Number(speed)
      last = now
      position.current = to
      show(to)
      frame = requestAnimationFrame(tick)
    }
    frame = requestAnimationFrame(tick)
    return () => cancelAnimationFrame(frame)
  }, [isPlaying, screen, speed])
  // The end is what most want to see first: what became of it.
  useEffect(() => { if (screen !== null) show(ms) }, [screen, ms])

  const seek = (to: number) => { setPlaying(false); go(to) }
  const go = (to: number) => { const next = Math.max(0, Math.min(ms, to)); setAt(next); shown(next) }
  const toggle = () => { if (!isPlaying && at >= ms) go(0); setPlaying(!isPlaying) }
  return (
    <section className={styles['replay']} aria-label="Terminal recording">
      <header className={styles['head']}><code><Untrusted text={replay.target} /></code>{replay.argv.length > 0 && <code className={styles['argv']}>$ <Untrusted text={replay.argv.join(' ')} /></code>}</header>
      {error !== null && <Banner tone="danger">{error}</Banner>}
      {replay.isCut && <Banner tone="warn" isFlat>More was written than the recording keeps; the rest is counted, not shown.</Banner>}
      <div className={styles['screen']}><div ref={host} /></div>
      <div className={styles['controls']}>
        <Button look="primary" size="small" icon={isPlaying ? <Pause size={12} fill="currentColor" /> : at >= ms ? <RotateCcw size={12} /> : <Play size={12} fill="currentColor" />} onClick={toggle}>{isPlaying ? 'Pause' : at >= ms ? 'Play again' : 'Play'}</Button>
        <input
          type="range" aria-label="Position" min={0} max={Math.max(1, Math.ceil(ms))} step={100} value={Math.round(at)} aria-valuetext={`${timeLeft(at)} of ${timeLeft(ms)}`} onChange={(event) => seek(Number(event.target.value))}
          onKeyDown={(event) => { const step = { ArrowLeft: -stepMs, ArrowRight: stepMs }[event.key]; if (step !== undefined) { event.preventDefault(); seek(at + step) } }}
        />
        <span className={styles['time']}>{timeLeft(at)} / {timeLeft(ms)}</span>
        <Segmented label="Speed" value={speed} onChange={setSpeed} options={speeds.map((value) => ({ value, label: `${value}×` }))} />
        <label className={styles['check']}><input type="checkbox" checked={skipsPauses} onChange={(event) => { setPlaying(false); setSkips(event.target.checked) }} />shorten pauses</label>
      </div>
      {replay.typed.length > 0 && (
        <details className={styles['typed']}>
          <summary>What was typed, as it was recorded</summary>
          <ol aria-label="Typed">{replay.typed.map(({ at: real, text }, place) => <li key={place}><button type="button" aria-label={`Go to ${visibleText(text)}`} onClick={() => seek(playTimeOf(real, replay, times))}><time>{timeLeft(playTimeOf(real, replay, times))}</time><code><Untrusted text={text} /></code></button></li>)}</ol>
        </details>
      )}
    </section>
  )
}

/** Draws up to a moment: on from where it is, or anew from the beginning. */
function useShown(screen: TerminalScreen | null, replay: Replay, times: readonly number[]): (to: number) => void {
  const drawn = useRef(0)
  return (to) => {
    if (screen === null) return
    if (drawn.current > 0 && (times[drawn.current - 1] ?? 0) > to) {
      screen.reset()
      screen.resize(replay.size)
      drawn.current = 0
    }
    for (; drawn.current < replay.steps.length && times[drawn.current]! <= to; drawn.current++) {
      const step = replay.steps[drawn.current]!
      if (step.kind === 'output') screen.write(step.bytes)
      else screen.resize(step.size)
    }
  }
}
