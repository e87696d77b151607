// The places of the app and their paths in the URL fragment (`#/connections/shop`).
import type { ApprovalFilter } from '../../shared/ipc.ts'

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

/** The lists of the inbox, and the grants beside them. */
export type ApprovalList = ApprovalFilter | 'grants'
const approvalLists: readonly string[] = ['open', 'mine', 'decided', 'reviews', 'grants'] satisfies readonly ApprovalList[]
export const isApprovalList = (text: string): text is ApprovalList => approvalLists.includes(text)

export const paths = {
  connections: '/connections',
  sql: (connection: string) => `/connections/${segment(connection)}`,
  sessions: '/sessions',
  sessionsOf: (connection: string) => `/sessions/of/${segment(connection)}`,
  session: (id: string) => `/sessions/${segment(id)}`,
  approvals: '/approvals',
  approvalsOf: (list: ApprovalList) => (list === 'open' ? '/approvals' : `/approvals/${list}`),
  approval: (id: string) => `/approvals/${segment(id)}`,
  settings: '/settings',
} as const

/** The connection a path is about, for the shell's top bar. */
export function connectionOf(path: string): string | null {
  const match = /^\/(?:connections|sessions\/of)\/([^/]+)$/.exec(path)
  return match === null ? null : nameOf(match[1]!)
}
