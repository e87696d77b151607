// The bytes of a `text/event-stream` as messages (HTML, 9.2.6), as far as the gateway writes them: LF only, one `data` line.
import { GatehouseError } from '../../shared/errors.ts'
import { eventMessageCharactersMax } from '../limits.ts'

export interface ServerSent { readonly event: string; readonly id: string | null; readonly data: string }

/** Takes text as it comes, cut anywhere; gives the messages that are whole now. Throws limit_exceeded past the cap. */
export function createServerSentReader(): (chunk: string) => readonly ServerSent[] {
  let rest = ''
  return (chunk) => {
    const blocks = (rest + chunk).split('\n\n')
    rest = blocks.pop() ?? ''
    if (rest.length > eventMessageCharactersMax) throw new GatehouseError('limit_exceeded', `one event is longer than eventMessageCharactersMax (${eventMessageCharactersMax})`, { side: 'upstream' })
    return blocks.flatMap(messageOf)
  }
}

/** Comments (heartbeats) have no data. */
function messageOf(block: string): readonly ServerSent[] {
  const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).replace(/^ /, '')]))
  const data = fields.get('data')
  return data === undefined ? [] : [{ event: fields.get('event') ?? 'message', id: fields.get('id') ?? null, data }]
}
