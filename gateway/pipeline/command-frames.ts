// The frames each command leaves in the record, as JSON put together from parts: what is the same from one run of a statement to the
// next is made once, and kept beside its decision for as long as that lives. The shapes are those of shared/recording.ts.
import { hash } from 'node:crypto'
import type { ResultFrameData, VerdictFrameData } from '../../shared/recording.ts'
import type { Command } from './command.ts'
import { hideConstants, hideParameters } from './hidden-text.ts'
import type { Judgement } from './judgement.ts'

/** The newest text under a decision: a prepared statement has one; texts that differ in constants only come one after another. */
interface KnownText { readonly text: string; readonly json: string }
const texts = new WeakMap<Judgement, KnownText>()
const verdicts = new WeakMap<Judgement, string>()

/** CommandFrameData. `id` is the session's own, and needs no escapes. */
export function commandFrame(id: string, { text, shown: undecided, parameters, decision }: Command): string {
  const isDecided = 'verdict' in decision
  const known = isDecided ? textOf(decision, text) : textJson(undecided ?? hideConstants(text), text)
  if (parameters.length === 0) return `{"command":"${id}",${known}}`
  // What could not be decided may be about anything.
  const shown = isDecided ? decision.recordedParameters(parameters) : hideParameters(parameters)
  return `{"command":"${id}",${known},"parameters":${JSON.stringify(shown)}}`
}

/** VerdictFrameData. `of`: a decision whose verdict is the same each time; null: it is not. */
export function verdictFrame(id: string, of: Judgement | null, verdict: () => Omit<VerdictFrameData, 'command'>): string {
  let json = of === null ? undefined : verdicts.get(of)
  if (json === undefined) {
    json = JSON.stringify(verdict()).slice(1)
    if (of !== null) verdicts.set(of, json)
  }
  return `{"command":"${id}",${json}`
}

export function resultFrame({ command, status, rows, bytes, ms }: ResultFrameData): string {
  return `{"command":"${command}","status":${JSON.stringify(status)},"rows":${rows},"bytes":${bytes},"ms":${ms}}`
}

function textOf(decision: Judgement, text: string): string {
  const known = texts.get(decision)
  if (known?.text === text) return known.json
  const json = textJson(decision.recordedText(text), text)
  texts.set(decision, { text, json })
  return json
}

function textJson(shown: string, exact: string): string {
  return `"text":${JSON.stringify(shown)},"hash":"${hash('sha256', exact, 'hex')}"`
}
