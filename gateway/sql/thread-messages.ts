// What the gateway and a parser's thread say to each other; one answer for each `parse` and `trace`, in order.
import type { CatalogData } from './catalog-index.ts'
import type { Trace } from './lineage/lineage-of.ts'
import type { Parsed } from './parse.ts'
import type { SearchPath } from './resolve.ts'

export type ToThread =
  | { readonly kind: 'parse'; readonly text: string }
  | { readonly kind: 'catalog'; readonly id: number; readonly data: CatalogData }
  | { readonly kind: 'forget'; readonly id: number }
  | { readonly kind: 'trace'; readonly text: string; readonly catalog: number; readonly paths: readonly (SearchPath | null)[] }

/** One for each statement of the text; null where none was asked for. */
export interface Traced { readonly kind: 'traced'; readonly statements: readonly (Trace | null)[] }

export type FromThread = 'ready' | Parsed | Traced
