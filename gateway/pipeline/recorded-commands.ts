// Every command of a journal with who sent it and what was decided then, for `policy replay`. Reads files only; a journal that is
// being written is read as far as it goes.
import type { OpenFrameData, RenewedFrameData } from '../../shared/recording.ts'
import type { PrincipalKind, Principal } from '../../shared/principal.ts'
import type { Effect } from '../../shared/verdict.ts'
import { framesOf } from '../recording/format.ts'
import { walkJournal } from '../recording/walk.ts'

export interface RecordedCommand {
  readonly session: string
  readonly connection: string
  readonly principal: Principal
  /** Groups, and of CI the claims, are in the record: without them nobody knows what a policy would say. */
  readonly hasGroups: boolean
  readonly hasClaims: boolean
  /** As recorded: constants that met masked columns are `[masked]`. */
  readonly text: string
  readonly at: number
  readonly effect: Effect
  readonly reason: string
}

interface Open { who: Omit<RecordedCommand, 'session' | 'text' | 'at' | 'effect' | 'reason'>; readonly texts: Map<string, { readonly text: string; readonly at: number }> }

/** In the order of the journal. Throws recording_damaged where a section cannot be read. */
export async function* recordedCommands(dir: string): AsyncGenerator<RecordedCommand> {
  const sessions = new Map<string, Open>()
  for await (const event of walkJournal(dir)) {
    if (event.kind !== 'batch') continue
    for (const section of event.batch.sections) {
      for (const frame of framesOf(section)) {
        if (frame.data.type !== 'json') continue
        const { value } = frame.data
        if (frame.kind === 'open') sessions.set(section.session, { who: whoOf(value as unknown as OpenFrameData), texts: new Map() })
        if (frame.kind === 'close') sessions.delete(section.session)
        const session = sessions.get(section.session)
        if (session === undefined) continue
        if (frame.kind === 'notice' && frame.direction === 'control' && Array.isArray(value['groups'])) session.who = renewedWho(session.who, value as unknown as RenewedFrameData)
        const command = String(value['command'])
        if (frame.kind === 'command') session.texts.set(command, { text: String(value['text']), at: frame.at })
        if (frame.kind !== 'verdict') continue
        // A held command has a second verdict once it was decided; policy spoke in the first.
        const sent = session.texts.get(command)
        session.texts.delete(command)
        if (sent !== undefined) yield { session: section.session, ...session.who, ...sent, effect: effectOf(value['effect']), reason: String(value['reason']) }
      }
    }
  }
}

const effectOf = (word: unknown): Effect => (word === 'allow' || word === 'approve' ? word : 'deny')

function whoOf({ connection, principal: { id, email, kind, groups, claims } }: OpenFrameData): Open['who'] {
  const colon = id.indexOf(':')
  const principal: Principal = {
    id, provider: id.slice(0, Math.max(colon, 0)), subject: id.slice(colon + 1), kind: kind as PrincipalKind, email, groups: groups ?? [], claims: claims ?? {},
  }
  return { connection, principal, hasGroups: groups !== undefined, hasClaims: claims !== undefined }
}

/** What policy saw of them from the renewal on. */
function renewedWho(who: Open['who'], { groups, claims }: RenewedFrameData): Open['who'] {
  return { ...who, principal: { ...who.principal, groups, ...(claims !== undefined && { claims }) } }
}

/** A text that holds `[masked]` in place of constants as one that can be parsed: other constants stand there, so none is to be believed. */
export function readable(text: string): readonly string[] {
  if (!text.includes('[masked]')) return [text]
  return [text.replaceAll('[masked]', "'masked'"), text.replaceAll('[masked]', '1')]
}
