// An approval in the few words of a notification or a menu: who, where, how risky, what. The statement as it is recorded (masked), never the
// exact one, and nothing that people wrote: these lines are shown on locked screens and kept by the system.
import type { ApprovalSummary } from '../../shared/approval.ts'
import { visibleText } from '../../shared/visible.ts'

const titleCharactersMax = 80
const bodyCharactersMax = 160
const labelCharactersMax = 70

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** On one line, hidden characters as marks, cut between what the eye takes for characters. */
export function shortened(text: string, charactersMax: number): string {
  // What comes after this is cut anyway: a statement of a megabyte is not looked through for a title.
  const line = visibleText(text.slice(0, charactersMax * 8).replaceAll(/\s+/g, ' ').trim())
  const parts = [...graphemes.segment(line)].map(({ segment }) => segment)
  return parts.length <= charactersMax && text.length <= charactersMax * 8 ? line : `${parts.slice(0, charactersMax - 1).join('')}…`
}

const whoOf = ({ requester: { email, id, kind } }: ApprovalSummary): string => `${email ?? id}${kind === 'human' ? '' : ` (${kind === 'ci' ? 'CI' : kind})`}`

export function whatOf({ subject }: Pick<ApprovalSummary, 'subject'>): string {
  if (subject.kind === 'command') return subject.recorded
  return `access for ${subject.minutes} minutes: ${subject.kinds.join(', ')} on ${subject.on?.join(', ') ?? 'any table'}`
}

function whereOf({ connection: { name, labels } }: ApprovalSummary): string {
  const environment = labels['env'] ?? labels['environment']
  return environment === undefined ? name : `${name} (${environment})`
}

export interface Words { readonly title: string; readonly body: string }

export const notificationWords = (approval: ApprovalSummary): Words => ({
  title: shortened(`${whoOf(approval)} asks on ${whereOf(approval)}`, titleCharactersMax),
  body: `${approval.riskLevel} risk: ${shortened(whatOf(approval), bodyCharactersMax)}`,
})

export const brokeGlassWords = (approval: ApprovalSummary): Words => ({
  title: shortened(`${whoOf(approval)} broke the glass on ${whereOf(approval)}`, titleCharactersMax),
  body: `It ran without approval; look at it: ${shortened(whatOf(approval), bodyCharactersMax)}`,
})

/** An ampersand marks a menu's shortcut key: doubled it is itself. */
export const menuLabel = (approval: ApprovalSummary): string =>
  shortened(`${approval.riskLevel === 'high' ? '! ' : ''}${approval.connection.name}: ${whatOf(approval)}`, labelCharactersMax).replaceAll('&', '&&')
