// The one thing that RequestInfo reads of a field selector: the name that `metadata.name=` asks for.
// https://github.com/kubernetes/apimachinery/blob/master/pkg/fields/selector.go (ParseSelector, RequiresExactMatch)

/** Null: it asks for more than one name, or cannot be read; then any may come. */
export function exactName(selector: string | null): string | null {
  if (selector === null) return null
  const terms = splitTerms(selector).filter((term) => term !== '').map(termOf)
  const names = terms.map((term) => (term?.field === 'metadata.name' && term.isEqual ? term.value : null)).filter((name) => name !== null)
  if (terms.includes(null) || names.length !== 1) return null
  return /^(?!\.{1,2}$)[^/%]+$/.test(names[0]!) ? names[0]! : null
}

/** At commas without a backslash before them. */
function splitTerms(selector: string): string[] {
  return selector.match(/(?:\\[^]|[^\\,])+/g) ?? []
}

interface Term { readonly field: string; readonly value: string; readonly isEqual: boolean }

/** `field=value`, `==`, `!=`. An escape that is none, or an operator inside the value, is an error to the API server too. */
function termOf(text: string): Term | null {
  const match = /^([^=!,\\]+)(!=|==|=)((?:\\[\\,=]|[^\\,=])*)$/.exec(text)
  if (match === null) return null
  return { field: match[1]!, isEqual: match[2] !== '!=', value: match[3]!.replace(/\\([\\,=])/g, '$1') }
}
