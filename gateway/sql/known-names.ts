// What a catalog says of names, in the words of facts: which columns a table has, which functions there are. Made once a catalog.
import type { KnownNames } from '../../shared/command.ts'
import type { Catalog } from './catalog.ts'

/** Of every table, though no catalog query lists them (PostgreSQL docs 5.6). */
const systemColumns = ['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'] as const

const known = new WeakMap<Catalog, KnownNames>()

/** Undefined for a catalog that was assumed rather than read: it may lack columns and functions. */
export function namesOf(catalog: Catalog): KnownNames | undefined {
  const { derivations } = catalog
  if (derivations === undefined) return undefined
  let names = known.get(catalog)
  if (names === undefined) {
    const isFunction = (name: string) => catalog.userFunctions.has(name) || derivations.otherFunctions.has(name) || derivations.systemFunctions.has(name)
    known.set(catalog, (names = { columnsOf: columnsOf(catalog), userFunctions: catalog.userFunctions, isFunction }))
  }
  return names
}

function columnsOf({ byName }: Catalog): KnownNames['columnsOf'] {
  const sets = new Map<string, ReadonlySet<string>>()
  return (relation) => {
    const made = sets.get(relation)
    if (made !== undefined) return made
    const found = byName.get(relation)
    if (found === undefined) return null
    const set = new Set([...found.columns.map(({ name }) => name), ...systemColumns])
    sets.set(relation, set)
    return set
  }
}
