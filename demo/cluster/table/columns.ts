// A column of a table: its name as kubectl prints it and how the cell is read from an object. `isWide`: only with -o wide.
import type { Json, KubeObject } from '../objects.ts'
import { age } from './age.ts'

export interface Column {
  readonly name: string
  readonly type: 'string' | 'integer' | 'date' | 'boolean'
  readonly isWide: boolean
  readonly description: string
  cell(object: KubeObject): Json
}

export const column = (name: string, cell: (object: KubeObject) => Json, type: Column['type'] = 'string'): Column =>
  ({ name, cell, type, isWide: false, description: '' })

export const wide = (name: string, cell: (object: KubeObject) => Json): Column => ({ ...column(name, cell), isWide: true })

export const nameColumn = column('Name', ({ metadata }) => metadata.name)
export const ageColumn = column('Age', ({ metadata }) => age(metadata.creationTimestamp))

export const orNone = (text: string): string => text === '' ? '<none>' : text
