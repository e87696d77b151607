// Annotations that repeat the object they stand on: kubectl's last-applied-configuration and its like (kapp, rancher, pulumi, banzai). JSON
// is masked inside by the object's own rules; what may be the object in a form that is not read here is masked whole. What is short and
// plain stays, for programs decide by it: helm's release names, argocd's tracking id, revisions, owners.

/** Names that say so: unreadable values under them are masked whatever they look like. */
const repeatsObject = /last-applied|lastapplied|applied-config|\/applied$|\/original|manifest|previous-config/i
/** Compressed and encoded objects have no spaces; names, ids, digests and certificates' fingerprints are shorter. */
const opaqueCharactersMin = 256
const yamlMember = /^\s*-?\s*["']?(?:kind|apiVersion|data|stringData|spec)["']?\s*:/m

export type AnnotationReading = 'json' | 'whole' | 'plain'

/** How an annotation of an object with masked fields is to be treated. */
export function readingOf(name: string, value: string): AnnotationReading {
  const text = value.trimStart()
  if (text.startsWith('{') || text.startsWith('[')) return 'json'
  if (text === '') return 'plain'
  // JSON inside a JSON string.
  if (/^["']\s*[{[]/.test(text)) return 'whole'
  if (repeatsObject.test(name)) return 'whole'
  if (text.length >= opaqueCharactersMin && !/\s/.test(text.trimEnd())) return 'whole'
  return yamlMember.test(text) ? 'whole' : 'plain'
}
