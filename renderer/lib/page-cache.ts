// Rows of one result, fetched in pages as they scroll into view and forgotten least recently used first, so that a million rows
// cost a bounded memory. A page may be short, because its rows are heavy or still coming: the rest is asked for when it is wanted.
import { pageRowsMax } from '../../shared/limits.ts'
import type { Cell } from '../../shared/ipc.ts'

export type Row = readonly Cell[]

/** Rows of a page: a few screens, so that one request fills what a wheel turn shows. */
export const rowsPerPage = Math.min(200, pageRowsMax)
/** Pages kept: 12,800 rows, some hundred screens. */
export const pagesMax = 64
/** Characters kept in all pages together; UTF-16, so twice as many bytes at most. */
export const charactersMax = 24_000_000

interface Page { readonly rows: readonly Row[]; readonly characters: number }

export type FetchPage = (offset: number, count: number) => Promise<readonly Row[]>

export class PageCache {
  readonly #fetch: FetchPage
  readonly #changed: () => void
  readonly #limits: { readonly pages: number; readonly characters: number }
  // Insertion order is use order: the first key is the least recently used.
  readonly #pages = new Map<number, Page>()
  readonly #asking = new Set<number>()
  #characters = 0
  #total = 0
  #failure: unknown = null
  #isDisposed = false

  constructor(fetch: FetchPage, changed: () => void, limits = { pages: pagesMax, characters: charactersMax }) {
    this.#fetch = fetch
    this.#changed = changed
    this.#limits = limits
  }

  get held(): { readonly pages: number; readonly characters: number } { return { pages: this.#pages.size, characters: this.#characters } }
  get failure(): unknown { return this.#failure }

  /** How many rows the result has by now. */
  grow(total: number): void {
    this.#total = total
  }

  /** The row if it is here. Never asks. */
  row(index: number): Row | undefined {
    return this.#pages.get(Math.floor(index / rowsPerPage))?.rows[index % rowsPerPage]
  }

  /** Asks for rows `first` to `last` (inclusive) where they are not here, and marks their pages as used. */
  want(first: number, last: number): void {
    const end = Math.min(last, this.#total - 1)
    for (let page = Math.floor(first / rowsPerPage); page * rowsPerPage <= end; page++) {
      this.#touch(page)
      const lastWanted = Math.min(end, (page + 1) * rowsPerPage - 1)
      if (this.row(lastWanted) === undefined) void this.#ask(page)
    }
  }

  /** A failed page is asked for again at the next `want`. */
  retry(): void {
    this.#failure = null
    this.#changed()
  }

  dispose(): void {
    this.#isDisposed = true
    this.#pages.clear()
    this.#characters = 0
  }

  #touch(page: number): void {
    const held = this.#pages.get(page)
    if (held === undefined) return
    this.#pages.delete(page)
    this.#pages.set(page, held)
  }

  /** The rest of a page: what a host holds back of heavy rows, or what had not come yet, is asked for when it is wanted. */
  async #ask(page: number): Promise<void> {
    if (this.#asking.has(page) || this.#failure !== null) return
    this.#asking.add(page)
    const offset = page * rowsPerPage + (this.#pages.get(page)?.rows.length ?? 0)
    try {
      const rows = await this.#fetch(offset, Math.min((page + 1) * rowsPerPage, this.#total) - offset)
      // The host says so many rows are there: none would be asked for again and again.
      if (rows.length === 0) throw new Error(`The host gave no rows from ${offset} on.`)
      if (!this.#isDisposed) this.#append(page, offset, rows)
    } catch (reason) {
      this.#failure = reason
    } finally {
      this.#asking.delete(page)
    }
    if (!this.#isDisposed) this.#changed()
  }

  #append(page: number, offset: number, rows: readonly Row[]): void {
    const held = this.#pages.get(page)
    // The page was forgotten while its rest was on the way: a rest alone is no page.
    if (offset !== page * rowsPerPage + (held?.rows.length ?? 0)) return
    this.#drop(page)
    const characters = rows.reduce((sum, row) => sum + row.reduce((inRow, cell) => inRow + (cell?.length ?? 0), 0), held?.characters ?? 0)
    this.#pages.set(page, { rows: [...(held?.rows ?? []), ...rows], characters })
    this.#characters += characters
    for (const oldest of this.#pages.keys()) {
      const isOver = this.#pages.size > this.#limits.pages || this.#characters > this.#limits.characters
      if (!isOver || oldest === page) break
      this.#drop(oldest)
    }
  }

  #drop(page: number): void {
    this.#characters -= this.#pages.get(page)?.characters ?? 0
    this.#pages.delete(page)
  }
}
