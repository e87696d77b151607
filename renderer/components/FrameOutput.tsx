// Recorded output decoded for reading: small tables, tags, errors, notices, COPY text, and how much is not shown.
import { bytes as bytesWord, plural } from '../lib/format.ts'
import type { PgItem, PgOutput, PgTable } from '../lib/pg-messages.ts'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './FrameOutput.module.css'

export function FrameOutput({ output, bytes }: { readonly output: PgOutput; readonly bytes: number }) {
  return (
    <div className={styles['output']}>
      {/* Items of one frame never move. */}
      {output.items.map((item, at) => <Item key={at} item={item} />)}
      {output.isBroken && <p className={styles['note']}>The rest of this frame is not PostgreSQL messages ({bytesWord(output.rest)}).</p>}
      {!output.isBroken && output.rest > 0 && <p className={styles['note']}>The recording keeps row data up to a cap; {bytesWord(output.rest)} of a cut message follow.</p>}
      {output.items.length === 0 && output.rest === 0 && <p className={styles['note']}>{bytesWord(bytes)} of protocol messages without rows.</p>}
    </div>
  )
}

function Item({ item }: { readonly item: PgItem }) {
  if (item.kind === 'table') return <OutputTable table={item.table} />
  if (item.kind === 'tag') return <p className={styles['tag']}><Untrusted text={item.tag} /></p>
  if (item.kind === 'copy') return <div><p className={styles['tag']}>{item.isOut ? 'COPY to the client' : 'COPY from the client'}</p>{item.text !== '' && <pre className={styles['copy']}><Untrusted text={item.text} as="block" /></pre>}</div>
  return <p className={styles[item.kind]}><b><Untrusted text={item.severity} /></b> {item.code !== '' && <code>{item.code}</code>} <Untrusted text={item.message} as="block" /></p>
}

function OutputTable({ table }: { readonly table: PgTable }) {
  return (
    <details open={table.rows.length <= 10}>
      <summary>{table.tag === null ? plural(table.rows.length + table.hidden, 'row') : <Untrusted text={table.tag} />}</summary>
      {table.rows.length > 0 && (
        <div className={styles['scroll']} tabIndex={0} role="region" aria-label="Recorded rows">
          <table>
            {/* Recorded columns and rows have no name but their place. */}
            <thead><tr>{table.columns.map((name, at) => <th key={at} scope="col"><Untrusted text={name} /></th>)}</tr></thead>
            <tbody>{table.rows.map((row, at) => <tr key={at}>{row.map((cell, column) => <td key={column}>{cell === null ? <i>NULL</i> : <Untrusted text={cell.slice(0, 200)} />}</td>)}</tr>)}</tbody>
          </table>
        </div>
      )}
      {table.hidden > 0 && <p className={styles['note']}>{plural(table.hidden, 'more row')} in this frame.</p>}
    </details>
  )
}
