// Writes that are refused although policy allows them: a mask written back (an editor saves what it was shown), and questions about what
// is masked. A new value for a masked field is no objection: setting a secret is what writes are for. Every such value counts as a probe
// (probesIn), for an unchanged resourceVersion, or a server-side apply without a conflict, tells that it was there already.
//
// Not seen here: a written object that makes the cluster copy a masked value (a pod with envFrom, a controller's reference to a Secret):
// that is for policy. A masked number or boolean written back (0, false) looks like any other.
import type { KubernetesBody, KubernetesVerb } from '../../../shared/kubernetes.ts'
import { looksMasked } from '../marks.ts'
import { segmentsOf } from './field-rules.ts'
import type { ObjectTarget } from './identity.ts'
import { bytesOf } from './leaf.ts'
import { formAt, type State } from './state.ts'
import type { SideMasks } from './walk.ts'
import { stateAt, type Written, type WrittenText, writtenTo } from './written.ts'

export interface Objection { readonly message: string; readonly hint: string }

export interface WriteManner {
  readonly verb?: KubernetesVerb
  readonly isDryRun?: boolean
}

export interface Selectors { readonly labelSelector: string | null; readonly fieldSelector: string | null }

export function objectionToWrite(side: SideMasks, target: ObjectTarget, body: KubernetesBody, how: WriteManner): Objection | null {
  if (body.kind === 'options') return null
  const written = writtenTo(side, target, body)
  if (written === null) return { message: 'the written object cannot be looked into, so it cannot be said whether it holds masks', hint: 'send JSON or YAML, nested less deeply' }
  return (body.kind === 'json-patch' ? objectionToOperations(side, target, body.value) : null)
    ?? objectionToMasks(side, target, written)
    ?? objectionToDryRun(written, how)
}

function objectionToMasks(side: SideMasks, target: ObjectTarget, { masked, texts }: Written): Objection | null {
  const back = masked.find(isMask) ?? (masked.length > 0 || side.scanner !== null || isTouched(stateAt(side, target, [])) ? texts.find(saysMasked) : undefined)
  if (back === undefined) return null
  return {
    message: `a mask would be written back at ${pointerText(back.path)}: what was shown there was not the value, and saving it would destroy the value`,
    hint: 'send only the fields that you change, as kubectl patch, kubectl set or an apply of your own manifest do; leave masked fields out, or give them new values',
  }
}

/** A masked field holds what a mask looks like, as text or in base64. */
function isMask({ content }: WrittenText): boolean {
  return looksMasked(Buffer.from(content)) || (bytesOf(content) ?? empty).length > 0 && looksMasked(bytesOf(content)!)
}

const empty = Buffer.alloc(0)

/** Elsewhere only the mark that nobody writes: `[masked`, also at the beginning of base64. */
function saysMasked({ content }: WrittenText): boolean {
  return content.includes('[masked') || content.includes('W21hc2tlZ')
}

/** Many guesses at no cost: a dry run shows whether a field would change (managedFields, generation) and changes nothing. */
function objectionToDryRun({ masked }: Written, { verb, isDryRun = false }: WriteManner): Objection | null {
  const [first] = masked
  if (!isDryRun || verb === 'create' || first === undefined) return null
  return {
    message: `a dry run that writes ${pointerText(first.path)}, which is masked for you, would tell whether the value is the one that is there`,
    hint: 'leave the masked fields out of the dry run (kubectl diff and --dry-run=server), or write without one',
  }
}

const asking = new Set(['test', 'copy', 'move'])

/** `test` compares, `copy` and `move` take a value to where it is shown. */
function objectionToOperations(side: SideMasks, target: ObjectTarget, operations: unknown): Objection | null {
  if (!Array.isArray(operations)) return { message: 'a JSON patch is a list of operations', hint: 'see RFC 6902' }
  for (const operation of operations as readonly unknown[]) {
    const { op, path, from } = (operation ?? {}) as { readonly op?: unknown; readonly path?: unknown; readonly from?: unknown }
    if (typeof op !== 'string' || !asking.has(op)) continue
    const pointer = op === 'test' ? path : from
    if (typeof pointer !== 'string') return { message: `a ${op} of a JSON patch names no ${op === 'test' ? 'path' : 'from'}`, hint: 'see RFC 6902' }
    if (isTouched(stateAt(side, target, segmentsOf(pointer)))) {
      return {
        message: `${op} reads ${pointerText(segmentsOf(pointer))}, ${op === 'test' ? 'and would tell its value' : 'and would show its value elsewhere'}: it is masked for you, or something in it is`,
        hint: 'leave the operation out; test /metadata/resourceVersion to be sure that nobody else has written',
      }
    }
  }
  return null
}

/** Something at this place, or below it, is masked; annotations of an object with masks may repeat it. */
function isTouched(state: State): boolean {
  return decides(state) || (state.owner !== null && state.owner.starts.length > 0 && ['object', 'metadata', 'annotations', 'annotation'].includes(state.place))
}

function decides(state: State): boolean {
  return formAt(state) !== null || state.positions.some(({ start }) => start.effect.kind !== 'open')
}

/** Which objects a selector finds tells what they hold. */
export function objectionToSelector(side: SideMasks, target: ObjectTarget, { labelSelector, fieldSelector }: Selectors): Objection | null {
  const fields = termsOf(fieldSelector).map((field) => field.split('.').filter((segment) => segment !== ''))
  const labels = termsOf(labelSelector).map((label) => ['metadata', 'labels', label])
  const masked = [...fields, ...labels].find((path) => decides(stateAt(side, target, path)))
  if (masked === undefined) return null
  return {
    message: `the selector asks for ${pointerText(masked)}, which is masked for you: what is found would tell its value`,
    hint: 'select by a field or label that is not masked',
  }
}

/** The names at the beginning of the terms. */
function termsOf(selector: string | null): readonly string[] {
  return (selector ?? '').split(',').flatMap((term) => /^\s*!?\s*([^\s=!<>(),]+)/.exec(term)?.[1] ?? [])
}

const pathCharactersMax = 200

/** As policies write it, cut and without what a terminal would take for something else. */
function pointerText(path: readonly string[]): string {
  const text = JSON.stringify(path.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')).slice(1, -1)
  return text.length > pathCharactersMax ? `${text.slice(0, pathCharactersMax)}…` : text === '' ? 'the whole object' : text
}
