// What large documents of all sessions have together: the threads that work on them, and the room they may take.
import { documentsBytesMax, documentsShareBytesMax } from '../../../limits-kubernetes.ts'
import { createDocumentThreads, type DocumentThreads, type DocumentThreadsOptions } from './document-threads.ts'
import { createRoom, type Room } from './room.ts'

export interface Documents {
  readonly threads: DocumentThreads
  readonly room: Room
}

/** For tests. */
export interface DocumentsOptions extends DocumentThreadsOptions { readonly bytesMax?: number | undefined }

export function createDocuments({ bytesMax = documentsBytesMax, ...threads }: DocumentsOptions = {}): Documents {
  return { threads: createDocumentThreads(threads), room: createRoom(bytesMax, Math.min(bytesMax, documentsShareBytesMax)) }
}
