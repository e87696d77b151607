// Prepared statements, cursors and portals by name, as the server will have them. What a name means is settled only when the
// server has answered, so a meaning is first expected, then settled; and a look-up says openly when it cannot be sure.

export interface Expected<T> { readonly name: string; readonly value: T; readonly batch: number }

export type Lookup<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'unknown' }
  /** An earlier batch redefines it and is not answered yet: wait, then look again. */
  | { readonly kind: 'open' }

export class Names<T> {
  readonly #known = new Map<string, T>()
  readonly #expected: Expected<T>[] = []
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  get isFull(): boolean {
    return this.#known.size + this.#expected.length >= this.#max
  }

  /**
   * In the batch (between two Syncs) that defines a name, the newest meaning holds: if its definition failed, everything after
   * it in the batch is skipped by the server too. From another batch, nothing is certain until that one was answered.
   */
  find(name: string, batch: number): Lookup<T> {
    const newest = this.#expected.findLast((entry) => entry.name === name)
    if (newest !== undefined) return newest.batch === batch ? { kind: 'known', value: newest.value } : { kind: 'open' }
    const value = this.#known.get(name)
    return value === undefined ? { kind: 'unknown' } : { kind: 'known', value }
  }

  expect(name: string, value: T, batch: number): Expected<T> {
    const entry = { name, value, batch }
    this.#expected.push(entry)
    return entry
  }

  /** The server said whether it happened. */
  settle(entry: Expected<T>, happened: boolean): void {
    const at = this.#expected.indexOf(entry)
    if (at < 0) return
    this.#expected.splice(at, 1)
    if (happened) this.#known.set(entry.name, entry.value)
  }

  /** The server dropped it; `*` drops all. */
  drop(name: string): void {
    if (name === '*') this.#known.clear()
    else this.#known.delete(name)
  }

  /** The name is about to mean something that is not ours to know, or nothing: not even what is still expected of it holds; `*`: of all. */
  forget(name: string): void {
    this.drop(name)
    for (let i = this.#expected.length - 1; i >= 0; i--) if (name === '*' || this.#expected[i]!.name === name) this.#expected.splice(i, 1)
  }
}
