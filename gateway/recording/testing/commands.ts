// Every command frame of a journal, offline: what tests compare with what a database says it was asked.
import { framesOf } from '../format.ts'
import { walkJournal } from '../walk.ts'

export interface RecordedCommand { readonly session: string; readonly text: string; readonly hash: string }

export async function commandsIn(dir: string): Promise<RecordedCommand[]> {
  const commands: RecordedCommand[] = []
  for await (const event of walkJournal(dir)) {
    if (event.kind !== 'batch') continue
    for (const section of event.batch.sections) {
      for (const { kind, data } of framesOf(section)) {
        if (kind === 'command' && data.type === 'json') commands.push({ session: section.session, text: String(data.value['text']), hash: String(data.value['hash']) })
      }
    }
  }
  return commands
}
