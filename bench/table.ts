// Tables as the bench prints them.

export interface Table {
  readonly name: string
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number | null)[])[]
  readonly notes?: readonly string[]
}

export function printTable({ title, columns, rows, notes = [] }: Table): string {
  const cells = [columns.map(String), ...rows.map((row) => row.map(shown))]
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)))
  const lines = cells.map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
  return [`\n${title}`, lines[0]!, widths.map((width) => '-'.repeat(width)).join('  '), ...lines.slice(1), ...notes.map((note) => `  ${note}`)].join('\n')
}

function shown(cell: string | number | null): string {
  if (cell === null || Number.isNaN(cell)) return '–'
  if (typeof cell === 'string') return cell
  if (Math.abs(cell) >= 100) return String(Math.round(cell))
  return Math.abs(cell) >= 10 ? cell.toFixed(1) : cell.toFixed(2)
}
