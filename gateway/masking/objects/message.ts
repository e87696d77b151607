// Messages of the API server about an object of which something is masked: `Invalid value: "…"` quotes what was written or what was
// there, an admission webhook may say anything. What stands in quotes goes, but for names the caller sent; so does what is not quoted.
import { maskedText } from '../redaction.ts'
import type { ObjectTarget } from './identity.ts'

/** As Go's %q, or between other quotes; one that is not closed reaches to the end. */
const quoted = /"(?:[^"\\]|\\.)*(?:"|$)|`[^`]*(?:`|$)|'(?:[^'\\]|\\.)*(?:'|$)/gs
/** Values that are printed without quotes have no end that can be told. */
const unquoted = /(\b(?:Invalid|Duplicate|Unsupported|Forbidden) value: |\bsupplied value \(|\bgot: ?|\bcannot unmarshal |\border in patch list:|\b(?=map\[))(?!["'`])[\s\S]*$/i
/** What a webhook or an admission policy of the cluster's own says may be built from the object. */
const spoken = /(\bdenied (?:the )?request(?: without explanation)?:?)[\s\S]*$/i

export function cleanedMessage(message: string, { group, resource, subresource, namespace, name }: ObjectTarget): string {
  const known = new Set([name, namespace, resource, group, subresource, `${resource}.${group}`, ''])
  return message.replace(spoken, `$1 ${maskedText}`).replace(unquoted, `$1${maskedText}`)
    .replaceAll(quoted, (text) => (known.has(text.slice(1, -1)) && text.length > 1 ? text : text[0]! + maskedText + text[0]!))
}
