// What an object in a response is: the resource of the request's path for the objects it is about, else by its own apiVersion and kind.
// A kind's plural is guessed as client-go does (UnsafeGuessKindToResource); built-in kinds are all guessed right.

export interface ObjectTarget {
  /** `''` is the core group. */
  readonly group: string
  /** Plural, as in the path. */
  readonly resource: string
  readonly subresource: string | null
  /** Null: of none, or of all. */
  readonly namespace: string | null
  readonly name: string | null
}

export interface Identity {
  /** Null: not said. */
  readonly group: string | null
  readonly resource: string
  readonly subresource: string | null
  /** Null: not known, or of none. */
  readonly namespace: string | null
  readonly name: string | null
  /** The values of a Secret's `type`; a double member has several. */
  readonly types: readonly string[]
}

/** `apps/v1` → `apps`, `v1` → the core group. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash === -1 ? '' : apiVersion.slice(0, slash)
}

const irregular: Readonly<Record<string, string>> = { endpoints: 'endpoints' }

export function resourceOf(kind: string): string {
  const word = kind.toLowerCase()
  if (Object.hasOwn(irregular, word)) return irregular[word]!
  if (word.endsWith('s')) return `${word}es`
  if (word.endsWith('y')) return `${word.slice(0, -1)}ies`
  return `${word}s`
}

/** The kinds of the API machinery, which are no resources: they carry objects, or say something of them. */
export const carriers = new Set(['Table', 'Status', 'List', 'PartialObjectMetadata', 'PartialObjectMetadataList', 'WatchEvent'])

export const isSecrets = ({ group, resource }: Pick<Identity, 'group' | 'resource'>): boolean => resource === 'secrets' && (group === '' || group === null)

/** Of what is not at hand: nothing is known of it but its path. */
export function identityOf(target: ObjectTarget): Identity {
  return { ...target, types: [] }
}
