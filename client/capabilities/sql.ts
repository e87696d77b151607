// SQL in the app: editors and their runs, pages of results, statements of a text, the schema tree.
import { randomUUID } from 'node:crypto'
import { GatehouseError } from '../../shared/errors.ts'
import type { IpcInput, IpcOutput, StatementState } from '../../shared/ipc.ts'
import { editorsMax } from '../limits.ts'
import type { Tunnels } from '../session-proxy/tunnels.ts'
import { Editor } from './sql/editor.ts'
import { readSchema } from './sql/schema.ts'
import { split } from './sql/split.ts'
import { typeName } from './sql/type-names.ts'

export interface SqlOptions {
  readonly tunnels: Tunnels
  /** Results are kept here while they live; readable by this user only. */
  readonly spoolFolder: string
  readonly onState: (editor: string, state: StatementState) => void
  readonly onLost: (editor: string, reason: string) => void
}

export interface Sql {
  open(input: IpcInput<'sql.open'>): Promise<IpcOutput<'sql.open'>>
  close(input: IpcInput<'sql.close'>): Promise<null>
  run(input: IpcInput<'sql.run'>): Promise<IpcOutput<'sql.run'>>
  cancel(input: IpcInput<'sql.cancel'>): Promise<null>
  page(input: IpcInput<'sql.page'>): Promise<IpcOutput<'sql.page'>>
  split(input: IpcInput<'sql.split'>): IpcOutput<'sql.split'>
  schema(input: IpcInput<'sql.schema'>): Promise<IpcOutput<'sql.schema'>>
  /** Ends every editor's session and forgets every result: at sign-out, and at the end. */
  reset(): Promise<void>
}

export function createSql({ tunnels, spoolFolder, onState, onLost }: SqlOptions): Sql {
  const editors = new Map<string, Editor>()
  const types = new Map<string, ReadonlyMap<number, string>>()

  function editorOf(id: string): Editor {
    const editor = editors.get(id)
    if (editor === undefined) throw new GatehouseError('not_found', 'this editor was closed; open a new one', { side: 'client' })
    return editor
  }

  async function close(id: string): Promise<void> {
    const editor = editors.get(id)
    editors.delete(id)
    await editor?.dispose()
  }

  /** A page that was reloaded leaves its editors behind: the one that was idle longest makes room. */
  async function makeRoom(): Promise<void> {
    if (editors.size < editorsMax) return
    const [oldest] = [...editors].filter(([, editor]) => !editor.isRunning).sort(([, a], [, b]) => a.usedAt - b.usedAt)
    if (oldest === undefined) throw new GatehouseError('limit_exceeded', `${editorsMax} editors are running (editorsMax); close one`, { side: 'client' })
    await close(oldest[0])
  }

  return {
    async open({ connection }) {
      await makeRoom()
      const id = randomUUID()
      editors.set(id, new Editor({
        id, connection, tunnels, spoolFolder, typeName: (oid) => typeName(oid, types.get(connection)),
        onState: (state) => onState(id, state), onLost: (reason) => onLost(id, reason),
      }))
      return { editor: id }
    },
    async close({ editor }) {
      await close(editor)
      return null
    },
    run: async ({ editor, text, reason }) => editorOf(editor).run(text, reason ?? null),
    async cancel({ editor }) {
      await editorOf(editor).cancel()
      return null
    },
    async page({ result, offset, count }) {
      for (const editor of editors.values()) {
        const page = editor.page(result, offset, count)
        if (page !== undefined) return { rows: await page }
      }
      throw new GatehouseError('not_found', 'this result is gone: its editor ran something else, or was closed', { side: 'client' })
    },
    split: ({ text }) => split(text),
    async schema({ connection }) {
      const schema = await readSchema(tunnels, connection)
      types.set(connection, schema.types)
      return schema.tree
    },
    async reset() {
      types.clear()
      await Promise.all([...editors.keys()].map(close))
    },
  }
}
