// JSON pointers (RFC 6901) as policies write them: `/data/password`, `/metadata/annotations/example.com~1owner`. A segment that is a
// lone `*` is any member, or any element of a list.
import { pointerSegmentsMax } from '../limits.ts'
import { globText } from './shapes.ts'

/** Null: a lone `*`. */
export type PointerSegment = string | null

/** Null: it is no pointer. */
export function parsePointer(text: string): readonly string[] | null {
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return null
  return text.slice(1).split('/').map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Of one that a schema has taken. */
export function pointerSegments(text: string): readonly PointerSegment[] {
  return (parsePointer(text) ?? []).map((segment) => (segment === '*' ? null : segment))
}

export function pointerProblem(text: string): string | null {
  const segments = parsePointer(text)
  if (segments === null) return 'expected a JSON pointer such as /data/password, with ~1 for a slash and ~0 for a ~ in a name'
  if (segments.includes('')) return 'has an empty segment, which names nothing that objects have'
  if (segments.includes('**')) return 'has ** in it; a segment * is any one member or element'
  return segments.length > pointerSegmentsMax ? `has more than ${pointerSegmentsMax} segments (pointerSegmentsMax)` : null
}

export const pointerText = globText.superRefine((text, context) => {
  const problem = pointerProblem(text)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
})
