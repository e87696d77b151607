// Rows of one result as text, one after another, so that a million of them need no memory. Formats: a table for people, CSV
// (RFC 4180) and JSON for programs.
import type { Cell, ResultColumn } from '../shared/ipc.ts'
import { pad, shownOn, visible, widthOf } from './output.ts'

export const formats = ['table', 'json', 'csv'] as const
export type Format = (typeof formats)[number]

export interface ResultWriter {
  row(cells: readonly Cell[]): void
  /** After the last row; `tag` is PostgreSQL's, `SELECT 20`. */
  end(): void
}

interface WriterOptions { readonly columns: readonly ResultColumn[]; readonly write: (text: string) => void; readonly isTTY: boolean }

export const resultWriters = { table: tableWriter, json: jsonWriter, csv: csvWriter } as const satisfies Record<Format, (options: WriterOptions) => ResultWriter>

/** Rows looked at before the widths are settled; a wider cell later pushes its row out of line, nothing is cut. */
const sampleRows = 500
const right = new Set(['int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'oid', 'money'])
/** NULL is told from an empty string and from the text "NULL". */
const nullMark = '∅'

function tableWriter({ columns, write }: WriterOptions): ResultWriter {
  const heads = columns.map(({ name, mask }) => visible(name) + (mask === null ? '' : ' *'))
  const isRight = columns.map(({ type }) => right.has(type))
  let held: string[][] | null = []
  let widths: readonly number[] = []
  let rows = 0

  const line = (cells: readonly string[]) => write(`${cells.map((cell, column) => pad(cell, widths[column]!, isRight[column])).join('  ').trimEnd()}\n`)
  function settle(sample: readonly string[][]): void {
    held = null
    widths = heads.map((head, column) => Math.max(widthOf(head), ...sample.map((row) => widthOf(row[column]!))))
    line(heads)
    write(`${widths.map((width) => '─'.repeat(width)).join('  ')}\n`)
    for (const row of sample) line(row)
  }

  return {
    row(cells) {
      const shown = cells.map((cell) => cell === null ? nullMark : visible(cell))
      rows++
      if (held === null) return line(shown)
      held.push(shown)
      if (held.length === sampleRows) settle(held)
    },
    end() {
      if (held !== null) settle(held)
      write(`(${rows} ${rows === 1 ? 'row' : 'rows'})\n`)
    },
  }
}

function csvWriter({ columns, write, isTTY }: WriterOptions): ResultWriter {
  const shown = shownOn({ isTTY })
  // An unquoted empty field is NULL, a quoted one an empty string, as COPY … CSV has it.
  const field = (cell: Cell) => cell === null ? '' : cell === '' || /[",\r\n]/.test(cell) ? `"${shown(cell).replaceAll('"', '""')}"` : shown(cell)
  const line = (cells: readonly Cell[]) => write(`${cells.map(field).join(',')}\r\n`)
  line(columns.map(({ name }) => name))
  return { row: line, end: () => undefined }
}

function jsonWriter({ columns, write, isTTY }: WriterOptions): ResultWriter {
  const shown = shownOn({ isTTY })
  const keys = keysOf(columns)
  let before = '[\n'
  return {
    row(cells) {
      const pairs = cells.map((cell, column) => `${JSON.stringify(keys[column])}:${jsonCell(cell, columns[column]!.type)}`)
      write(`${before}${shown(`{${pairs.join(',')}}`)}`)
      before = ',\n'
    },
    end: () => write(before === '[\n' ? '[]\n' : '\n]\n'),
  }
}

/** Two columns of one name would hide each other: the second is `name_2`. */
function keysOf(columns: readonly ResultColumn[]): readonly string[] {
  const taken = new Set<string>()
  return columns.map(({ name }) => {
    let key = name
    for (let copy = 2; taken.has(key); copy++) key = `${name}_${copy}`
    taken.add(key)
    return key
  })
}

/** Only what JavaScript reads back exactly becomes a number: int8 and numeric stay text. */
function jsonCell(cell: Cell, type: string): string {
  if (cell === null) return 'null'
  if (type === 'bool' && (cell === 't' || cell === 'f')) return cell === 't' ? 'true' : 'false'
  if ((type === 'int2' || type === 'int4') && /^-?\d+$/.test(cell)) return cell
  if ((type === 'float4' || type === 'float8') && Number.isFinite(Number(cell))) return String(Number(cell))
  return JSON.stringify(cell)
}
