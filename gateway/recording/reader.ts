// Frames of one session, a page at a time, without reading the others': by the index of each segment. Works beside the journal that
// is being written (`journal` gives the index in memory) and on a folder alone.
import { open, stat, type FileHandle } from 'node:fs/promises'
import { LRUCache } from 'lru-cache'
import { GatehouseError } from '../../shared/errors.ts'
import type { Frame } from '../../shared/recording.ts'
import { journalIndexesMax, recordingPageBytesMax } from '../limits.ts'
import { decodeSection, framesOf } from './format.ts'
import { indexSegment, loadIndex } from './index-files.ts'
import { listSegments, segmentPath } from './segment-files.ts'
import type { Entry, SegmentIndex } from './segment-index.ts'
import { firstSegmentFor } from './walk.ts'

export interface FramePage {
  readonly frames: readonly Frame[]
  /** The `after` of the next page; null when there is no more for now. */
  readonly next: number | null
}

export interface RecordingReader {
  /** Frames with `seq > after` (−1: from the start), at most `limit`, and at most recordingPageBytesMax of them. */
  frames(session: string, page: { readonly after: number; readonly limit: number }): Promise<FramePage>
}

interface Source { readonly dir: string; readonly journal?: { index(segment: number): SegmentIndex | null } }

export function createReader(source: Source): RecordingReader {
  const indexes = new LRUCache<string, SegmentIndex>({ max: journalIndexesMax })

  async function indexOf(segment: number): Promise<SegmentIndex> {
    const live = source.journal?.index(segment)
    if (live) return live
    const { size } = await stat(segmentPath(source.dir, segment))
    const key = `${segment}:${size}`
    const index = indexes.get(key) ?? await loadIndex(source.dir, segment, size) ?? (await indexSegment(source.dir, segment)).index
    indexes.set(key, index)
    return index
  }

  return {
    async frames(session, { after, limit }) {
      const frames: Frame[] = []
      let bytes = 0
      const first = await firstSegmentFor(source.dir, session)
      for (const segment of await listSegments(source.dir)) {
        if (segment < first) continue
        const index = await indexOf(segment)
        if (!index.has(session)) continue
        for await (const frame of readEntries(source.dir, segment, session, index.entries(session, after + 1))) {
          if (frame.seq <= after) continue
          if (frames.length === limit || bytes >= recordingPageBytesMax) return { frames, next: frames.at(-1)!.seq }
          frames.push(frame)
          bytes += sizeOf(frame)
          if (frame.kind === 'close') return { frames, next: null }
        }
      }
      return { frames, next: null }
    },
  }
}

async function* readEntries(dir: string, segment: number, session: string, entries: Iterable<Entry>): AsyncGenerator<Frame> {
  const file = await open(segmentPath(dir, segment), 'r')
  try {
    for (const entry of entries) yield* await readEntry(file, entry, session)
  } finally {
    await file.close()
  }
}

async function readEntry(file: FileHandle, entry: Entry, session: string): Promise<Frame[]> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(entry.bytes), 0, entry.bytes, entry.offset)
  const section = decodeSection(buffer.subarray(0, bytesRead), 0)
  // An index that lies must not show one session's frames to a reader of another.
  if (section?.session !== session) throw damaged(session)
  try {
    return [...framesOf(section)]
  } catch (error) {
    throw damaged(session, error)
  }
}

function damaged(session: string, cause?: unknown): GatehouseError {
  return new GatehouseError('recording_damaged', `the recording of ${session} cannot be read where its index says; gatehouse sessions verify ${session} tells more`, { cause })
}

const sizeOf = ({ data }: Frame): number => (data.type === 'bytes' ? data.base64.length : JSON.stringify(data.value).length)
