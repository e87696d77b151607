// The places of the app and their paths in the URL fragment (`#/connections/shop`).

/**
 * A name as one segment of a path. Not percent-encoding, because wouter decodes that once by itself: `~` stands for `%`, so that
 * any name (slashes, spaces, percent signs) is read back as it was.
 */
export const segment = (name: string): string => encodeURIComponent(name).replaceAll('~', '%7E').replaceAll('%', '~')

/** A segment that nobody here wrote is taken as it is. */
export function nameOf(path: string): string {
  try {
    return decodeURIComponent(path.replaceAll('~', '%'))
  } catch (reason) {
    if (reason instanceof URIError) return path
    throw reason
  }
}

export const paths = {
  connections: '/connections',
  sql: (connection: string) => `/connections/${segment(connection)}`,
  sessions: '/sessions',
  sessionsOf: (connection: string) => `/sessions/of/${segment(connection)}`,
  session: (id: string) => `/sessions/${segment(id)}`,
  settings: '/settings',
} as const

/** The connection a path is about, for the shell's top bar. */
export function connectionOf(path: string): string | null {
  const match = /^\/(?:connections|sessions\/of)\/([^/]+)$/.exec(path)
  return match === null ? null : nameOf(match[1]!)
}
