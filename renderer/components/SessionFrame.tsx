// One entry of a session's timeline. All of it is text from a recording, so all of it is shown as text.
import { CircleCheck, DoorClosed, DoorOpen, Hourglass, MessageSquareText, Rows3, Scaling, Scissors, ShieldX } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Frame } from '../../shared/recording.ts'
import { bytes, clockTime, duration, fullTime, plural } from '../lib/format.ts'
import type { FrameEntry, FrameVerdict } from '../lib/frames.ts'
import { bareReason } from '../lib/refusal.ts'
import { Untrusted } from '../ui/Untrusted.tsx'
import { FrameOutput } from './FrameOutput.tsx'
import styles from './SessionFrame.module.css'

const icons: Readonly<Record<Frame['kind'], ReactNode>> = {
  open: <DoorOpen size={14} />, close: <DoorClosed size={14} />, command: <CircleCheck size={14} />, verdict: <CircleCheck size={14} />, refusal: <ShieldX size={14} />,
  result: <Rows3 size={14} />, output: <Rows3 size={14} />, notice: <MessageSquareText size={14} />, truncated: <Scissors size={14} />, resize: <Scaling size={14} />,
}
const names: Readonly<Record<Frame['kind'], string>> = {
  open: 'Session opened', close: 'Session closed', command: 'Command', verdict: 'Verdict', refusal: 'Refusal sent', result: 'Result', output: 'Output', notice: 'Notice', truncated: 'Row data beyond the cap was counted, not kept', resize: 'Terminal resized',
}

export function SessionFrame({ entry, start }: { readonly entry: FrameEntry; readonly start: number }) {
  return (
    <li className={styles['frame']} data-kind={entry.kind} data-tone={toneOf(entry)}>
      <div className={styles['when']}><time dateTime={new Date(entry.at).toISOString()} title={fullTime(entry.at)}>{clockTime(entry.at)}</time>{entry.at > start && <small>+{duration(entry.at - start)}</small>}</div>
      <span className={styles['dot']} aria-hidden="true">{iconOf(entry)}</span>
      <div className={styles['body']}><Body entry={entry} /></div>
    </li>
  )
}

const isDenied = (verdict: FrameVerdict | null): boolean => verdict !== null && verdict.effect !== 'allow'

function toneOf(entry: FrameEntry): 'denied' | 'allowed' | 'plain' {
  if (entry.kind === 'command') return isDenied(entry.verdict) ? 'denied' : 'allowed'
  return entry.kind === 'other' && entry.name === 'refusal' ? 'denied' : 'plain'
}

function iconOf(entry: FrameEntry): ReactNode {
  if (entry.kind === 'command') return isDenied(entry.verdict) ? <ShieldX size={14} /> : entry.verdict === null ? <Hourglass size={14} /> : icons.command
  return entry.kind === 'output' ? icons.output : icons[entry.name]
}

function Body({ entry }: { readonly entry: FrameEntry }) {
  if (entry.kind === 'command') return <CommandBody entry={entry} />
  if (entry.kind === 'output') return <FrameOutput output={entry.output} bytes={entry.bytes} />
  return (
    <>
      <p className={styles['name']}>{names[entry.name]}</p>
      {entry.facts.length > 0 && <dl className={styles['facts']}>{entry.facts.map(([key, value]) => <div key={key}><dt><Untrusted text={key} /></dt><dd><Untrusted text={value.slice(0, 2000)} /></dd></div>)}</dl>}
    </>
  )
}

function CommandBody({ entry }: { readonly entry: FrameEntry & { readonly kind: 'command' } }) {
  const { verdict, result } = entry
  return (
    <div className={styles['command']}>
      <pre><Untrusted text={entry.text} as="block" /></pre>
      {entry.parameters.length > 0 && <p className={styles['sub']}>Parameters {entry.parameters.map((value, at) => <code key={at}>${at + 1} = {value === null ? <i>NULL</i> : <Untrusted text={value.slice(0, 400)} />}</code>)}</p>}
      <p className={styles['sub']}>
        {verdict === null ? <span>No verdict recorded</span> : <Verdict verdict={verdict} />}
        {result !== null && <span>{[result.status, result.rows === null ? null : plural(result.rows, 'row'), result.bytes === null ? null : bytes(result.bytes), result.ms === null ? null : duration(result.ms)].filter(Boolean).join(' · ')}</span>}
      </p>
    </div>
  )
}

function Verdict({ verdict }: { readonly verdict: FrameVerdict }) {
  const word = { allow: 'Allowed', deny: 'Denied', approve: 'Needs approval' }[verdict.effect] ?? verdict.effect
  return (
    <span className={styles['verdict']} data-denied={isDenied(verdict) || undefined}>
      <b>{word}</b>{verdict.rule !== null && <> by rule <code><Untrusted text={verdict.rule} /></code></>}{verdict.policy !== null && <> of policy <code><Untrusted text={verdict.policy} /></code></>}{isDenied(verdict) && verdict.reason !== '' && <>: <Untrusted text={bareReason(verdict.reason)} /></>}
    </span>
  )
}
