// A thread that does what the name of the object says: it dies, is silent, answers oddly, or gives the document back as it is.
import { parentPort } from 'node:worker_threads'
import type { ToThread } from '../messages.ts'

const port = parentPort!
port.on('message', (message: ToThread) => {
  if (message.kind !== 'mask') return
  const document = new Uint8Array(Buffer.concat(message.pieces))
  switch (message.target.name) {
    case 'dies': process.exit(1)
    // falls through: exit does not return
    case 'throws': throw new Error('poison')
    case 'fills the heap': for (const kept: unknown[] = []; ;) kept.push(Array.from({ length: 1_000 }, (_, at) => ({ at })))
    case 'hangs': for (;;);
    case 'is silent': return
    case 'says something else': return port.postMessage({ kind: 'masked', document: 'all of it', client: 'document', record: 'document' })
    case 'gives less back': return port.postMessage({ kind: 'masked', document: document.subarray(1), client: 'document', record: 'document' })
    case 'says ready again': return port.postMessage({ kind: 'ready' })
    case 'says nothing': return port.postMessage(null)
    default: return port.postMessage({ kind: 'masked', document, client: 'document', record: 'document' })
  }
})
port.postMessage({ kind: 'ready' })
