// Who is next: one owner's tasks in their order, and owners in turn, so that one session's hundred lists do not keep another's waiting.

export class Turns<T> {
  readonly #byOwner = new Map<object, T[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  add(owner: object, item: T): void {
    const own = this.#byOwner.get(owner)
    if (own === undefined) this.#byOwner.set(owner, [item])
    else own.push(item)
    this.#size++
  }

  /** The first of the first owner whose first may be taken; that owner comes last after it. */
  take(mayTake: (item: T) => boolean): T | undefined {
    for (const [owner, own] of this.#byOwner) {
      if (!mayTake(own[0]!)) continue
      const item = own.shift()!
      this.#byOwner.delete(owner)
      if (own.length > 0) this.#byOwner.set(owner, own)
      this.#size--
      return item
    }
    return undefined
  }

  /** All that are left. */
  clear(): readonly T[] {
    const left = [...this.#byOwner.values()].flat()
    this.#byOwner.clear()
    this.#size = 0
    return left
  }
}
