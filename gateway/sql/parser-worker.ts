// The thread that parses and traces: nothing native touches an untrusted text outside it, and it is thrown away when anything is odd.
import { parentPort } from 'node:worker_threads'
import { loadModule, parseSync } from 'libpg-query'
import { indexCatalog } from './catalog-index.ts'
import type { Catalog } from './catalog.ts'
import { lineageOf, statementsOf } from './lineage/lineage-of.ts'
import { isSyntaxError, parse } from './parse.ts'
import type { FromThread, ToThread } from './thread-messages.ts'

if (parentPort === null) throw new Error('parser-worker.ts runs as a worker only')
const port = parentPort
const catalogs = new Map<number, Catalog>()
await loadModule()
port.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'catalog': return void catalogs.set(message.id, indexCatalog(message.data))
    case 'forget': return void catalogs.delete(message.id)
    case 'parse': return say(parse(message.text))
    case 'trace': return say(trace(message))
  }
})
say('ready')

/** The text was parsed before, so an error of the parser now says that this thread is not well: it is not caught. */
function trace({ text, catalog: id, paths }: Extract<ToThread, { kind: 'trace' }>): FromThread {
  const catalog = catalogs.get(id)
  if (catalog === undefined) return { kind: 'fatal', reason: 'the SQL parser does not know the catalog' }
  const statements = statementsOf(parseSync(text))
  return { kind: 'traced', statements: paths.map((searchPath, at) => (searchPath === null ? null : lineageOf(statements[at], { catalog, searchPath, parse: parseDefinition }))) }
}

/** Null for a view of a server whose grammar is newer: its lineage is then unknown. */
function parseDefinition(text: string): unknown {
  try {
    return parseSync(text)
  } catch (error) {
    if (isSyntaxError(error)) return null
    throw error
  }
}

function say(message: FromThread): void {
  port.postMessage(message)
}
