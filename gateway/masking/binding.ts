// Binds mask rules (globs over names) to the columns of one catalog snapshot, by (table oid, column number): what RowDescription
// says of a column is then one look-up away. Pure; done once per principal, connection, policy and catalog.
import type { KeyObject } from 'node:crypto'
import { compileColumnGlob } from '../../shared/policy/identifier-glob.ts'
import type { RuleRef } from '../../shared/verdict.ts'
import type { ColumnMaskRule, MaskSet } from '../policy/snapshot.ts'
import type { Catalog, CatalogRelation } from '../sql/catalog.ts'
import { isRevealingCatalog } from '../sql/free-catalog.ts'
import { stricter, type ColumnForm, type Hold } from './column-form.ts'

/** Which rule masks a value: in the recording always, for the client unless every rule that matched excepts this principal. */
export interface BoundMask {
  readonly record: RuleRef
  readonly client: RuleRef | null
  /** What becomes of the column's own values; left out: they are redacted, as everything is that merely carries them. */
  readonly forms?: { readonly record: ColumnForm; readonly client: ColumnForm }
}

export interface BoundMasks {
  readonly catalog: Catalog
  /** Any column rule at all, whether or not it matches a column of this catalog. */
  readonly hasColumns: boolean
  /** What hides a value whose origin is not known, in a statement that touches masked columns. Null without column rules. */
  readonly unknown: BoundMask | null
  /** Table oid → column number → mask. */
  readonly byOid: ReadonlyMap<number, ReadonlyMap<number, BoundMask>>
  /** Views and materialized views over masked columns, at any depth: which of their columns hold one is not known. */
  readonly derived: ReadonlyMap<number, BoundMask>
  /** `schema.name`, and the oids, of every relation that holds masked columns or derives from one. */
  readonly tainted: ReadonlySet<string>
  readonly taintedOids: ReadonlySet<number>
  /** Names of the columns masked for the client; a derived view's are not among them, for there every column is. */
  readonly columnNames: ReadonlySet<string>
  /** `schema.name` of the derived views that are masked for the client. */
  readonly derivedNames: ReadonlySet<string>
  /** Whether detectors look at values, for each side. */
  readonly detects: { readonly client: boolean; readonly record: boolean }
  /** Rules that match no column of this catalog: a mistyped name masks nothing, and somebody has to be told. */
  readonly unmatched: readonly ColumnMaskRule[]
  /** Of the connection; null: what is to be hashed is redacted. */
  readonly hashKey: KeyObject | null
}

type Bindings = Map<number, Map<number, BoundMask>>

export function bindMasks(masks: Pick<MaskSet, 'columns' | 'detect'>, catalog: Catalog, hashKey: KeyObject | null = null): BoundMasks {
  const { bindings, unmatched } = bindNames(masks.columns, catalog)
  const children = childrenOf(catalog)
  for (const oid of bindings.keys()) spreadDown(oid, catalog, children, bindings)
  for (const oid of bindings.keys()) spreadUp(oid, catalog, bindings)
  const unknown = masks.columns.reduce<BoundMask | null>((mask, rule) => strictest(mask, redacting(maskOf(rule))), null)
  if (unknown !== null) bindRevealing(catalog, unknown, bindings)
  const derived = deriveViews(catalog, bindings)
  const taintedOids = new Set([...bindings.keys(), ...derived.keys()])
  return {
    catalog, unknown, derived, taintedOids, unmatched, hashKey,
    hasColumns: masks.columns.length > 0,
    byOid: bindings,
    tainted: namesOf(catalog, taintedOids),
    columnNames: maskedNames(catalog, bindings, ({ client }) => client !== null),
    derivedNames: namesOf(catalog, new Set([...derived].filter(([, mask]) => mask.client !== null).map(([oid]) => oid))),
    detects: { client: masks.detect.some((rule) => !rule.isExempt), record: masks.detect.length > 0 },
  }
}

function maskOf({ policy, rule, as, path, isExempt }: ColumnMaskRule): BoundMask {
  const hold: Hold = { rule: { policy, rule }, form: path === undefined ? as : { paths: [{ path, form: as }] } }
  return boundMask(hold, isExempt ? null : hold)
}

function boundMask(record: Hold, client: Hold | null): BoundMask {
  const rules = { record: record.rule, client: client?.rule ?? null }
  const forms = { record: record.form, client: client?.form ?? 'redact' } as const
  return forms.record === 'redact' && forms.client === 'redact' ? rules : { ...rules, forms }
}

function holdsOf({ record, client, forms }: BoundMask): { readonly record: Hold; readonly client: Hold | null } {
  return { record: { rule: record, form: forms?.record ?? 'redact' }, client: client && { rule: client, form: forms?.client ?? 'redact' } }
}

/** For what is not the column's own value. */
function redacting({ record, client }: BoundMask): BoundMask {
  return { record, client }
}

/** Rules add up: an exception from one is none from another, and of their forms the strictest holds. */
function strictest(first: BoundMask | null | undefined, second: BoundMask): BoundMask {
  if (!first) return second
  const [one, other] = [holdsOf(first), holdsOf(second)]
  return boundMask(stricter(one.record, other.record)!, stricter(one.client, other.client))
}

function bind(bindings: Bindings, oid: number, column: number, mask: BoundMask): void {
  const columns = bindings.get(oid) ?? new Map<number, BoundMask>()
  bindings.set(oid, columns.set(column, strictest(columns.get(column), mask)))
}

function bindNames(rules: readonly ColumnMaskRule[], catalog: Catalog): { readonly bindings: Bindings; readonly unmatched: readonly ColumnMaskRule[] } {
  const bindings: Bindings = new Map()
  const unmatched = rules.filter((rule) => {
    const matches = compileColumnGlob(rule.column)
    let count = 0
    for (const { oid, schema, name, columns } of catalog.byOid.values()) {
      for (const column of columns) {
        if (!matches(schema, name, column.name)) continue
        bind(bindings, oid, column.number, maskOf(rule))
        count++
      }
    }
    return count === 0
  })
  return { bindings, unmatched }
}

function childrenOf(catalog: Catalog): ReadonlyMap<number, readonly CatalogRelation[]> {
  const children = new Map<number, CatalogRelation[]>()
  for (const relation of catalog.byOid.values()) {
    for (const parent of relation.parents) children.set(parent, [...children.get(parent) ?? [], relation])
  }
  return children
}

/** A partition or child holds rows of its parent, in columns of the same names; its column numbers are its own. */
function spreadDown(oid: number, catalog: Catalog, children: ReadonlyMap<number, readonly CatalogRelation[]>, bindings: Bindings): void {
  const pending = [oid]
  const seen = new Set(pending)
  const masks = namedMasks(catalog.byOid.get(oid), bindings)
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const child of children.get(at) ?? []) {
      if (seen.has(child.oid)) continue
      seen.add(child.oid)
      pending.push(child.oid)
      bindByName(child, masks, bindings)
    }
  }
}

/** Reading a parent reads its children, so what is masked in one is masked in all above it; not in its siblings. */
function spreadUp(oid: number, catalog: Catalog, bindings: Bindings): void {
  const relation = catalog.byOid.get(oid)
  const masks = namedMasks(relation, bindings)
  const pending = [...relation?.parents ?? []]
  const seen = new Set<number>()
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const parent = catalog.byOid.get(at)
    if (parent === undefined || seen.has(at)) continue
    seen.add(at)
    pending.push(...parent.parents)
    bindByName(parent, masks, bindings)
  }
}

function namedMasks(relation: CatalogRelation | undefined, bindings: Bindings): ReadonlyMap<string, BoundMask> {
  const masks = new Map<string, BoundMask>()
  for (const column of relation?.columns ?? []) {
    const mask = bindings.get(relation!.oid)?.get(column.number)
    if (mask !== undefined) masks.set(column.name, mask)
  }
  return masks
}

function bindByName(relation: CatalogRelation, masks: ReadonlyMap<string, BoundMask>, bindings: Bindings): void {
  for (const column of relation.columns) {
    const mask = masks.get(column.name)
    if (mask !== undefined) bind(bindings, relation.oid, column.number, mask)
  }
}

/**
 * PostgreSQL's own relations that hold values of others or texts of their statements. All sessions of a connection share one
 * database user, so its right to see them says nothing of the caller's.
 */
function bindRevealing(catalog: Catalog, mask: BoundMask, bindings: Bindings): void {
  for (const { oid, schema, name, columns } of catalog.byOid.values()) {
    if (!isRevealingCatalog(`${schema}.${name}`)) continue
    for (const column of columns) bind(bindings, oid, column.number, mask)
  }
}

/** Whatever reads a masked relation (views; a TOAST table its owner); views over views are found by going over the list until nothing is added. */
function deriveViews(catalog: Catalog, bindings: Bindings): ReadonlyMap<number, BoundMask> {
  const views = [...catalog.byOid.values()].filter(({ reads }) => reads.length > 0)
  const derived = new Map<number, BoundMask>()
  const masksOf = (oid: number): readonly (BoundMask | undefined)[] => [...bindings.get(oid)?.values() ?? [], derived.get(oid)]
  for (let isChanged = true; isChanged;) {
    isChanged = false
    for (const view of views) {
      const known = derived.get(view.oid) ?? null
      const mask = view.reads.flatMap((oid) => oid === view.oid ? [] : masksOf(oid)).reduce<BoundMask | null>(add, known)
      // It ends: a mask is added to a view once, and turns from exempt to not exempt once.
      if (mask === null || (known !== null && mask.client === known.client)) continue
      derived.set(view.oid, mask)
      isChanged = true
    }
  }
  return derived
}

function add(sum: BoundMask | null, mask: BoundMask | undefined): BoundMask | null {
  return mask === undefined ? sum : strictest(sum, redacting(mask))
}

function namesOf(catalog: Catalog, oids: ReadonlySet<number>): ReadonlySet<string> {
  const names = new Set<string>()
  for (const oid of oids) {
    const relation = catalog.byOid.get(oid)
    if (relation !== undefined) names.add(`${relation.schema}.${relation.name}`)
  }
  return names
}

function maskedNames(catalog: Catalog, bindings: Bindings, isMeant: (mask: BoundMask) => boolean): ReadonlySet<string> {
  const names = new Set<string>()
  for (const relation of catalog.byOid.values()) {
    // Nobody with masks reads those at all, and they have columns called `name`.
    if (isRevealingCatalog(`${relation.schema}.${relation.name}`)) continue
    for (const column of relation.columns) {
      const mask = bindings.get(relation.oid)?.get(column.number)
      if (mask !== undefined && isMeant(mask)) names.add(column.name)
    }
  }
  return names
}
