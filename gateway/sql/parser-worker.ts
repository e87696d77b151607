// The thread that parses: nothing native touches an untrusted text outside it, and it is thrown away when anything is odd.
import { parentPort } from 'node:worker_threads'
import { loadModule } from 'libpg-query'
import { parse } from './parse.ts'

if (parentPort === null) throw new Error('parser-worker.ts runs as a worker only')
const port = parentPort
await loadModule()
port.on('message', (text: string) => port.postMessage(parse(text)))
port.postMessage('ready')
