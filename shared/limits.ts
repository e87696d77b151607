// Limits both sides must agree on. The gateway's own are in gateway/limits.ts; a limit names its unit last and says its reason.

/** A gateway session token (`gh_…`): psql's prompt cuts a password at 4,095 characters, OpenSSH's at 1,023. */
export const tokenCharactersMax = 200
/** The life of a gateway session token; the client renews at half of it. */
export const tokenLifeMs = 15 * 60_000
/** A tunnel's binary frame: a few socket reads, so that one session cannot make the other side buffer much. */
export const tunnelFrameBytesMax = 256 * 1024
/** A tunnel's text (control) frame. */
export const tunnelControlBytesMax = 4096
/** Rows one page request of the app may ask for. */
export const pageRowsMax = 1000
/** How long an approval may stay open when its rule names no `within`, and the longest a rule may name. */
export const approvalWithinMsDefault = 15 * 60_000
export const approvalWithinMsMax = 7 * 24 * 60 * 60_000
/** A glob of a policy: matching costs pattern × text, so the pattern is bounded. */
export const globCharactersMax = 512
