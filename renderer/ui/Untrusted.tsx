// Text from outside, shown as text: what could deceive the eye is marked (lib/visible.ts).
import { visibleParts, type VisiblePart } from '../../shared/visible.ts'

const Part = ({ part }: { readonly part: VisiblePart }) =>
  part.kind === 'text' ? part.text : <span className="invisible-character" title={part.title}>{part.label}</span>

/** `as="block"` keeps tabs and line ends, for a `pre`. */
export const Untrusted = ({ text, as = 'line' }: { readonly text: string; readonly as?: 'line' | 'block' }) =>
  // Parts of one text never move: their place is their key.
  visibleParts(text, as).map((part, at) => <Part key={at} part={part} />)
