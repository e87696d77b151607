// The name of a member at its token, compared without taking it out of the bytes: most names are none that anybody waits for.
import type { Key } from './state.ts'
import type { Tape } from './tape.ts'

/** No member around it. */
export const noKey = -1

const backslash = 0x5c
const dollar = 0x24

/** Directives of a strategic merge patch are about the member that they name: `$deleteFromPrimitiveList/finalizers`. */
export class NameAt implements Key {
  readonly #tape: Tape
  token = noKey

  constructor(tape: Tape) {
    this.#tape = tape
  }

  is(name: string): boolean {
    return this.#tape.says(this.token, name) || (this.#isDirective() && this.text() === name)
  }

  text(): string {
    const text = this.#tape.text(this.token)
    return this.#isDirective() ? text.slice(text.indexOf('/') + 1) : text
  }

  /** `$`, also written as an escape. */
  #isDirective(): boolean {
    const first = this.#tape.bytes[this.#tape.from[this.token]! + 1]
    return first === dollar || (first === backslash && this.#tape.text(this.token).startsWith('$'))
  }
}
