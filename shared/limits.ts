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
/** Steps of a path into JSON: the walk over a document costs its size × the steps of its paths. */
export const jsonPathStepsMax = 16
/** A `when:` of a policy: a condition that people can read. */
export const conditionCharactersMax = 2_000
/** A detector's pattern, one of its examples, and how many of these: what people can still read and mean. */
export const detectorPatternCharactersMax = 512
export const detectorExampleCharactersMax = 512
export const detectorExamplesMax = 50
/** What a person writes beside a decision or a request: shown whole in every list. */
export const approvalReasonCharactersMax = 1_000
/** Of `limit: { seconds }`: timers hold 24 days, and one that is longer would go off at once. */
export const limitSecondsMax = 7 * 86_400
/** Deletes that a rule's `deletes: { over, within }` counts where it says nothing: nobody deletes six things a minute by hand. */
export const massDeletesOverDefault = 5
export const massDeletesWithinMsDefault = 60_000
/** The most it may say: no more is remembered of a principal on a connection (kubernetesDeletesKept of the gateway). */
export const massDeletesOverMax = 1_000
export const massDeletesWithinMsMax = 60 * 60_000
/** Steps of a JSON pointer in `fields`: a pod's container environment is seven deep. */
export const pointerSegmentsMax = 32
/** The longest a grant may last; who needs it longer needs a rule. */
export const grantMinutesMax = 12 * 60
/** A text asked about while it is typed; longer ones get no marks. */
export const preflightCharactersMax = 32 * 1024
/** The event stream says that it is alive this often; a client that hears nothing for three times as long opens another. */
export const eventHeartbeatMs = 15_000
