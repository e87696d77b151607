// The cluster's memory: objects by kind, namespace and name, one counter of revisions, and a window of the latest changes from which
// watches catch up. It knows no HTTP and no rules of kinds; what is written here was decided elsewhere.
import { randomUUID } from 'node:crypto'
import { timestamp, type JsonObject, type KubeObject, type Metadata } from './objects.ts'
import { groupVersionOf, type Resource } from './resources.ts'

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly resource: Resource
  readonly object: KubeObject
  /** What was there before; null of ADDED. */
  readonly before: KubeObject | null
  readonly revision: number
}

/** What a new object brings; the store adds uid, revision and creation time where they are missing. */
export type Draft = JsonObject & { metadata: JsonObject & { name: string } }

/** A watch that starts before these gets 410 and lists anew. */
const changesKept = 4000

export class Store {
  readonly #objects = new Map<string, Map<string, KubeObject>>()
  readonly #listeners = new Set<(change: Change) => void>()
  #changes: Change[] = []
  readonly #now: () => number
  #revision = 1000
  #oldest = 1000

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  get revision(): number {
    return this.#revision
  }

  get(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(placeOf(resource))?.get(keyOf(namespace, name))
  }

  /** In the order of namespace and name, as the API server lists; `namespace` undefined: all. */
  list(resource: Resource, namespace?: string): readonly KubeObject[] {
    const all = [...this.#objects.get(placeOf(resource))?.entries() ?? []]
    const chosen = namespace === undefined ? all : all.filter(([key]) => key.startsWith(`${namespace}/`))
    return chosen.sort(([one], [other]) => one < other ? -1 : 1).map(([, object]) => object)
  }

  create(resource: Resource, draft: Draft): KubeObject {
    const metadata = draft.metadata
    const made: KubeObject = {
      ...draft, apiVersion: groupVersionOf(resource), kind: resource.kind,
      metadata: { uid: randomUUID(), creationTimestamp: timestamp(this.#now()), ...metadata, resourceVersion: this.#next() },
    }
    return this.#put(resource, 'ADDED', made, null)
  }

  /** `object` replaces what has its name; the caller has made sure that something has. */
  update(resource: Resource, object: KubeObject): KubeObject {
    const before = this.get(resource, object.metadata.namespace, object.metadata.name) ?? null
    return this.#put(resource, 'MODIFIED', { ...object, metadata: { ...object.metadata, resourceVersion: this.#next() } }, before)
  }

  /** The DELETED event carries the object as it last was, with a revision of its own. */
  remove(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined {
    const before = this.get(resource, namespace, name)
    if (!before) return undefined
    this.#objects.get(placeOf(resource))?.delete(keyOf(namespace, name))
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: this.#next() } }
    this.#tell({ type: 'DELETED', resource, object, before, revision: this.#revision })
    return object
  }

  /** Gives the end of it. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /** Changes after that revision; null when it is too long ago to know. */
  since(revision: number): readonly Change[] | null {
    if (revision < this.#oldest) return null
    return this.#changes.filter((change) => change.revision > revision)
  }

  /** Forgets the changes so far: how a test makes a watch too old. */
  compact(): void {
    this.#changes = []
    this.#oldest = this.#revision
  }

  #put(resource: Resource, type: 'ADDED' | 'MODIFIED', object: KubeObject, before: KubeObject | null): KubeObject {
    const place = placeOf(resource)
    const shelf = this.#objects.get(place) ?? new Map<string, KubeObject>()
    this.#objects.set(place, shelf)
    shelf.set(keyOf(object.metadata.namespace, object.metadata.name), object)
    this.#tell({ type, resource, object, before, revision: this.#revision })
    return object
  }

  #tell(change: Change): void {
    this.#changes.push(change)
    if (this.#changes.length > changesKept * 2) {
      this.#oldest = this.#changes[changesKept - 1]!.revision
      this.#changes = this.#changes.slice(changesKept)
    }
    for (const listener of this.#listeners) listener(change)
  }

  #next(): string {
    return String(++this.#revision)
  }
}

/** Both groups that serve events serve the same events. */
const placeOf = ({ plural, group }: Resource) => plural === 'events' ? 'events' : `${plural}.${group}`
const keyOf = (namespace: string | undefined, name: string) => `${namespace ?? ''}/${name}`

/** A copy with other metadata. */
export const withMetadata = (object: KubeObject, metadata: Partial<Metadata>): KubeObject => ({ ...object, metadata: { ...object.metadata, ...metadata } as Metadata })
