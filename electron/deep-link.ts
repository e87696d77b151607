// `gatehouse://…` links, which any page and any program can open: they name a place in the app and can do nothing. Anything
// that is not exactly one of these is dropped.

export type DeepLink =
  | { readonly kind: 'connection'; readonly name: string }
  | { readonly kind: 'session'; readonly id: string }
  | { readonly kind: 'approval'; readonly id: string }
  | { readonly kind: 'approvals' }
  | { readonly kind: 'home' }

export const deepLinkScheme = 'gatehouse'
// The text as it came, not a parsed URL: parsing would fold `..` and escapes into something that looks right.
const pattern = /^gatehouse:\/\/(?:open|connections\/(?<name>\w[\w.-]{0,99})|sessions\/(?<id>se_\w{1,60})|approvals(?:\/(?<approval>ap_\w{1,60}))?)\/?$/

/** Null for what is no link of ours. */
export function parseDeepLink(text: string): DeepLink | null {
  const match = pattern.exec(text)
  if (match === null) return null
  const { name, id, approval } = match.groups ?? {}
  if (approval !== undefined) return { kind: 'approval', id: approval }
  if (text.startsWith('gatehouse://approvals')) return { kind: 'approvals' }
  if (name !== undefined) return { kind: 'connection', name }
  return id === undefined ? { kind: 'home' } : { kind: 'session', id }
}

/** The page's own place for a link, as a URL fragment: to go there is no navigation, so an open editor is not lost. */
export function fragmentOf(link: DeepLink): string {
  switch (link.kind) {
    case 'connection': return `#/connections/${encodeURIComponent(link.name)}`
    case 'session': return `#/sessions/${encodeURIComponent(link.id)}`
    case 'approval': return `#/approvals/${encodeURIComponent(link.id)}`
    case 'approvals': return '#/approvals'
    case 'home': return '#/connections'
  }
}

/** On Windows and Linux a link comes as an argument of a second instance. */
export const linkIn = (arguments_: readonly string[]): DeepLink | null => arguments_.map(parseDeepLink).find((link) => link !== null) ?? null
