// A container's log as it grows: the newest lines of it, bounded, acknowledged as they are taken so that a flood waits outside.
import { useEffect, useRef, useState } from 'react'
import type { IpcFailure, IpcInput } from '../../shared/ipc.ts'
import { call, desktop } from './current-desktop.ts'
import { failureOf } from './failure.ts'

export interface LogState {
  readonly lines: readonly string[]
  /** Of the first one shown: how many went before it. */
  readonly dropped: number
  readonly isOver: boolean
  readonly failure: IpcFailure | null
  readonly cutCharacters: number
}

/** Lines in the page; older ones are counted, and read with kubectl. */
const linesMax = 20_000
/** The page draws at most so often, and takes what came in between at once. */
const drawMs = 100

const nothing: LogState = { lines: [], dropped: 0, isOver: false, failure: null, cutCharacters: 0 }

/** Of one log, for the life of who shows it. `isOn` false: what is there stays, and nothing more is taken: its host waits. */
export function useLog({ connection, namespace, pod, container, isPrevious }: IpcInput<'kubernetes.log'>, isOn: boolean): LogState {
  const [state, setState] = useState<LogState>(nothing)
  const isTaking = useRef(isOn)
  useEffect(() => { isTaking.current = isOn }, [isOn])
  useEffect(() => {
    let log: string | null = null
    let isGone = false
    let waiting: string[] = []
    let cut = 0
    const drain = () => {
      if (isGone || !isTaking.current || waiting.length === 0) return
      const [lines, cutNow] = [waiting, cut]
      waiting = []
      cut = 0
      setState((before) => appended(before, lines, cutNow))
      if (log !== null) void call('kubernetes.logAcknowledge', { log, lines: lines.length }).catch(() => undefined)
    }
    const timer = setInterval(drain, drawMs)
    const early = new Map<string, { lines: string[]; cut: number }>()
    const stops = [
      desktop().on('kubernetes.logLines', (event) => {
        if (log === null) {
          const held = early.get(event.log) ?? { lines: [], cut: 0 }
          early.set(event.log, { lines: [...held.lines, ...event.lines], cut: held.cut + event.cutCharacters })
        } else if (event.log === log) {
          waiting.push(...event.lines)
          cut += event.cutCharacters
        }
      }),
      desktop().on('kubernetes.logEnded', (event) => {
        if (event.log !== log) return
        drain()
        setState((before) => ({ ...before, isOver: true, failure: event.failure }))
      }),
    ]
    call('kubernetes.log', { connection, namespace, pod, container, isPrevious }).then((opened) => {
      if (isGone) return void call('kubernetes.unlog', opened).catch(() => undefined)
      log = opened.log
      const held = early.get(log)
      waiting.push(...held?.lines ?? [])
      cut += held?.cut ?? 0
      early.clear()
    }, (reason: unknown) => { if (!isGone) setState((before) => ({ ...before, isOver: true, failure: failureOf(reason) })) })
    return () => {
      isGone = true
      clearInterval(timer)
      for (const stop of stops) stop()
      if (log !== null) void call('kubernetes.unlog', { log }).catch(() => undefined)
    }
  }, [connection, namespace, pod, container, isPrevious])
  return state
}

export function appended(state: LogState, lines: readonly string[], cut: number): LogState {
  const all = state.lines.length + lines.length <= linesMax ? [...state.lines, ...lines] : [...state.lines, ...lines].slice(-linesMax)
  return { ...state, lines: all, dropped: state.dropped + state.lines.length + lines.length - all.length, cutCharacters: state.cutCharacters + cut }
}
