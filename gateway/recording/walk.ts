// All segments of a journal in order, as one chain: what `verify` and `export` look at. Indexes are not believed here, files are.
import { open } from 'node:fs/promises'
import { sessionIdTime } from '../../shared/session-id.ts'
import { decodeSegmentHead, noDigest, type Batch, type Digest } from './format.ts'
import { scanSegment } from './scan.ts'
import { listSegments, segmentPath } from './segment-files.ts'

export type Walked =
  | { readonly kind: 'batch'; readonly segment: number; readonly offset: number; readonly batch: Batch }
  /** A segment was read to its end. `digest`: the journal hash there. */
  | { readonly kind: 'segment'; readonly segment: number; readonly isTorn: boolean; readonly digest: Digest }
  | { readonly kind: 'problem'; readonly segment: number; readonly what: string }

/** Clocks go back; a session is looked for from the segment that was begun this long before its id says it began. */
const clockSlackMs = 60 * 60_000

/** `from`: the first segment to read. */
export async function* walkJournal(dir: string, from = 1): AsyncGenerator<Walked> {
  const segments = (await listSegments(dir)).filter((segment) => segment >= from)
  let expected = from
  let digest: Digest | null = from === 1 ? noDigest : null
  for (const segment of segments) {
    if (segment !== expected) yield { kind: 'problem', segment, what: `${nameOf(expected, segment - 1)} missing` }
    expected = segment + 1
    let isTorn = false
    for await (const event of scanSegment(segmentPath(dir, segment))) {
      if (event.kind === 'batch') {
        yield { kind: 'batch', segment, offset: event.offset, batch: event.batch }
      } else if (event.kind === 'head') {
        if (event.head.number !== segment) yield { kind: 'problem', segment, what: `segment ${segment} says it is number ${event.head.number}` }
        if (digest !== null && event.head.prev !== digest) yield { kind: 'problem', segment, what: `segment ${segment} does not follow the one before it` }
      } else {
        if (event.state === 'damaged') yield { kind: 'problem', segment, what: `segment ${segment} is damaged at byte ${event.bytes}: ${event.why}` }
        isTorn = event.state === 'torn'
        // A segment torn inside its own head says nothing; the chain goes on from the one before.
        digest = event.digest ?? digest
      }
    }
    yield { kind: 'segment', segment, isTorn, digest: digest ?? noDigest }
  }
}

/** The first segment that can hold frames of the session: by the time in its id, all when it has none. */
export async function firstSegmentFor(dir: string, session: string): Promise<number> {
  const began = sessionIdTime(session)
  if (began === null) return 1
  const segments = await listSegments(dir)
  for (const segment of segments.toReversed()) {
    const createdAt = await createdAtOf(segmentPath(dir, segment))
    if (createdAt !== null && createdAt < began - clockSlackMs) return segment
  }
  return 1
}

async function createdAtOf(path: string): Promise<number | null> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0)
    const head = decodeSegmentHead(buffer.subarray(0, bytesRead))
    return head.kind === 'whole' ? head.value.createdAt : null
  } finally {
    await file.close()
  }
}

const nameOf = (first: number, last: number) => (first === last ? `segment ${first} is` : `segments ${first} to ${last} are`)
