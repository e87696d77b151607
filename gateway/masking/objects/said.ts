// What an object says of itself. JSON may say it twice; then everything that is said counts.
import { openingBrace, type Tape } from './tape.ts'

export interface Said {
  readonly kinds: readonly string[]
  readonly apiVersions: readonly string[]
  readonly types: readonly string[]
  /** Null: not said, or several. */
  readonly namespace: string | null
  readonly name: string | null
}

export function saidBy(tape: Tape, token: number): Said {
  const kinds: string[] = []
  const apiVersions: string[] = []
  const types: string[] = []
  const metadata: number[] = []
  for (let name = token + 1; name < tape.next[token]!; name = tape.next[name + 1]!) {
    if (tape.isString(name + 1)) {
      if (tape.says(name, 'kind')) kinds.push(tape.text(name + 1))
      else if (tape.says(name, 'apiVersion')) apiVersions.push(tape.text(name + 1))
      else if (tape.says(name, 'type')) types.push(tape.text(name + 1))
    } else if (tape.first(name + 1) === openingBrace && tape.says(name, 'metadata')) metadata.push(name + 1)
  }
  return { kinds, apiVersions, types, namespace: only(tape, metadata, 'namespace'), name: only(tape, metadata, 'name') }
}

function only(tape: Tape, objects: readonly number[], member: string): string | null {
  const texts = objects.length === 1 ? textsOf(tape, objects[0]!, member) : objects.flatMap((object) => textsOf(tape, object, member))
  return texts.length === 1 ? texts[0]! : null
}

/** The strings that an object's members of this name hold. */
export function textsOf(tape: Tape, token: number, member: string): readonly string[] {
  return tape.named(token, member).filter((value) => tape.isString(value)).map((value) => tape.text(value))
}

export function hasKind(tape: Tape, token: number): boolean {
  for (let name = token + 1; name < tape.next[token]!; name = tape.next[name + 1]!) if (tape.isString(name + 1) && tape.says(name, 'kind')) return true
  return false
}
