// The types whose values a mask can change and keep valid, by the oid that RowDescription names (a domain's is that of its base type).
// src/include/catalog/pg_type.dat. What is not here has the redacted form only: booleans, money, times, intervals, networks, xml, enums,
// rows, extension types.

export type ValueType =
  | { readonly kind: 'text' }
  /** Padded with spaces that are not part of it. */
  | { readonly kind: 'char' }
  | { readonly kind: 'integer'; readonly bytes: 2 | 4 | 8 }
  | { readonly kind: 'numeric' }
  | { readonly kind: 'float'; readonly bytes: 4 | 8 }
  | { readonly kind: 'date' } | { readonly kind: 'timestamp' } | { readonly kind: 'timestamptz' }
  | { readonly kind: 'uuid' } | { readonly kind: 'bytea' }
  | { readonly kind: 'json' } | { readonly kind: 'jsonb' }
  | { readonly kind: 'array'; readonly elementOid: number; readonly element: ValueType }

export type NumberType = Extract<ValueType, { kind: 'integer' | 'numeric' | 'float' }>

/** Bytes of a value in, bytes of the same type and format out. Null: NULL. Undefined: this value does not have the form. */
export type ValueTransform = (value: Buffer) => Buffer | null | undefined

const text: ValueType = { kind: 'text' }

/** [type, oid, oid of its array; null: an array of it is redacted whole]. */
const scalars: readonly (readonly [ValueType, number, number | null])[] = [
  [text, 25, 1009], [text, 1043, 1015], [text, 19, 1003], [text, 705, null], [{ kind: 'char' }, 1042, 1014],
  [{ kind: 'integer', bytes: 2 }, 21, 1005], [{ kind: 'integer', bytes: 4 }, 23, 1007], [{ kind: 'integer', bytes: 8 }, 20, 1016],
  [{ kind: 'numeric' }, 1700, 1231], [{ kind: 'float', bytes: 4 }, 700, 1021], [{ kind: 'float', bytes: 8 }, 701, 1022],
  [{ kind: 'date' }, 1082, 1182], [{ kind: 'timestamp' }, 1114, 1115], [{ kind: 'timestamptz' }, 1184, 1185],
  [{ kind: 'uuid' }, 2950, 2951], [{ kind: 'bytea' }, 17, 1001],
  [{ kind: 'json' }, 114, null], [{ kind: 'jsonb' }, 3802, null],
]

export const valueTypes: ReadonlyMap<number, ValueType> = new Map(scalars.flatMap(([type, oid, arrayOid]): (readonly [number, ValueType])[] =>
  [[oid, type], ...(arrayOid === null ? [] : [[arrayOid, { kind: 'array', elementOid: oid, element: type }] as const])]))
