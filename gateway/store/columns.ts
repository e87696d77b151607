// How values of rows become values of ours: rows are input like any other, and are parsed.
import { z } from 'zod'

export const isoTime = z.date().transform((date) => date.toISOString())
/** `bigint` comes as a string from one driver and as a number from the other; counts stay far below 2⁵³. */
export const count = z.union([z.number(), z.bigint(), z.string().regex(/^\d+$/)]).transform(Number)

/** PostgreSQL text holds everything but NUL. */
export const text = (value: string): string => value.replaceAll('\0', '\uFFFD')
export const textOrNull = (value: string | null): string | null => (value === null ? null : text(value))
