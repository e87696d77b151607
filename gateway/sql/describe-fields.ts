// What the columns of a statement would be, by Parse and Describe alone (PostgreSQL protocol 55.2.3): it is never bound, planned or
// executed. Inside a read-only transaction all the same, which the caller's connection then rolls back.
import type { Client, Connection, Submittable } from 'pg'

export interface DescribedField { readonly name: string; readonly tableOid: number; readonly columnNumber: number; readonly typeOid: number; readonly format: number }

interface WireField { readonly name: string; readonly tableID: number; readonly columnID: number; readonly dataTypeID: number }
/** What node-postgres calls back; its types name only `submit`. */
interface Wire { parse(query: { text: string; name: string; types: readonly number[] }): void; describe(what: { type: 'S'; name: string }): void; sync(): void }

/** Rejects with the server's error. */
export async function describeFields(client: Client, text: string): Promise<readonly DescribedField[]> {
  await client.query('begin read only')
  try {
    return await new Promise<readonly DescribedField[]>((resolve, reject) => { client.query(new Description(text, resolve, reject)) })
  } finally {
    await client.query('rollback')
  }
}

class Description implements Submittable {
  readonly #text: string
  #fields: readonly DescribedField[] = []
  /** node-postgres wraps it to stop its own deadline, so every end goes through it. */
  callback: (error: Error | null) => void

  constructor(text: string, resolve: (fields: readonly DescribedField[]) => void, reject: (error: Error) => void) {
    this.#text = text
    this.callback = (error) => (error === null ? resolve(this.#fields) : reject(error))
  }

  submit(connection: Connection): void {
    // The methods are there; the published types leave `describe` of a statement out.
    const wire = connection as unknown as Wire
    wire.parse({ text: this.#text, name: '', types: [] })
    wire.describe({ type: 'S', name: '' })
    wire.sync()
  }

  handleRowDescription({ fields }: { readonly fields: readonly WireField[] }): void {
    this.#fields = fields.map((field) => ({ name: field.name, tableOid: field.tableID, columnNumber: field.columnID, typeOid: field.dataTypeID, format: 0 }))
  }

  handleError(error: Error): void {
    this.callback(error)
  }

  handleReadyForQuery(): void {
    this.callback(null)
  }
}
