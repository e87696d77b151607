// What the store and its worker say to each other. Requests are answered in order; a transaction is `begin` … `commit` in a row,
// which the asking side keeps free of others' requests.
import type { Parameter, Row } from './store.ts'

export interface StoreRequest { readonly id: number; readonly sql: string; readonly parameters: readonly Parameter[] | null }

export type StoreAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'rows'; readonly id: number; readonly rows: readonly Row[] }
  | { readonly kind: 'error'; readonly id: number; readonly message: string; readonly sqlState: string }
