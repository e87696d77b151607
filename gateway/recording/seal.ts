// Where an earlier run of the gateway left the journal. A batch that a crash tore stays in its file as it is; the next segment is chained
// to the last whole batch before it, and with that the rest of the file counts no more. Nothing is ever rewritten.
import { stat } from 'node:fs/promises'
import { noDigest, type Digest } from './format.ts'
import { indexSegment, loadIndex, writeIndex } from './index-files.ts'
import { listSegments, segmentPath } from './segment-files.ts'

export interface Tail {
  /** The newest segment; 0 when there is none. */
  readonly segment: number
  /** The journal hash after its last whole batch. */
  readonly digest: Digest
  /** What follows the last whole batch. */
  readonly state: 'whole' | 'torn' | 'damaged'
  readonly wholeBytes: number
}

export async function sealTail(dir: string): Promise<Tail> {
  const segments = await listSegments(dir)
  const newest = segments.at(-1) ?? 0
  let state: Tail['state'] = 'whole'
  let wholeBytes = 0
  for (const segment of segments.toReversed()) {
    const { index, end } = await indexSegment(dir, segment)
    if (segment === newest) ({ state, bytes: wholeBytes } = end)
    // A crash may leave a segment without even its head: then the chain goes on from the one before.
    if (end.digest === null) continue
    const { size } = await stat(segmentPath(dir, segment))
    if ((await loadIndex(dir, segment, size)) === null) await writeIndex(dir, segment, index.encode(size))
    return { segment: newest, digest: end.digest, state, wholeBytes }
  }
  return { segment: newest, digest: noDigest, state, wholeBytes }
}
