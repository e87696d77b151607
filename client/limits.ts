// Every limit of the user's side, by name, with its reason. Units last. A limit that is hit is an error that names it.

/** One API call, connect to last byte. */
export const apiCallMs = 15_000
/** One API answer: a page of 1,000 frames of 64 KiB in base64 is the largest. */
export const apiAnswerBytesMax = 96 * 1024 * 1024
/** TCP, TLS and upgrade of a tunnel. */
export const tunnelConnectMs = 15_000
/** From our close to the gateway's; then the socket is cut. */
export const tunnelCloseMs = 2_000
/** A tunnel that answers no ping for two of these is dead: a laptop that changed networks must not hang. */
export const tunnelPingMs = 30_000
/** Bytes a tunnel holds for a slow reader before it stops reading the WebSocket. */
export const tunnelBufferBytesMax = 512 * 1024

/** How long a person may take on the provider's page. */
export const signInMs = 5 * 60_000
/** One call to the sign-in provider. */
export const providerCallMs = 15_000
/** An ID token this close to its end is refreshed before it is sent. */
export const idTokenSlackMs = 30_000
/** First and longest wait before an unreachable gateway is tried again. */
export const retryFirstMs = 1_000
export const retryLastMs = 30_000

/** From accept to a checked secret on a loopback listener: a slow-loris ends here. */
export const listenerHandshakeMs = 10_000
/** Sockets a loopback listener serves at once, handshakes included. */
export const listenerSocketsMax = 200
/** A startup packet; PostgreSQL's own cap is 10,000. */
export const startupBytesMax = 10_000
export const startupParametersMax = 64
/** SSLRequest, GSSENCRequest, and then a startup: more negotiation than that is a loop. */
export const negotiationsMax = 2
/** A password message holds the listener's secret of 43 characters. */
export const passwordBytesMax = 512

/** SQL text of one run in the editor. */
export const sqlTextCharactersMax = 1024 * 1024
/** Statements of one run. */
export const runStatementsMax = 1_000
/** Editors open at once in one app; the one that was idle longest makes room. */
export const editorsMax = 50
/** An editor's PostgreSQL session without a run for so long is ended; its results stay. */
export const editorIdleMs = 30 * 60_000
/** States of a running statement are sent at most this often. */
export const stateIntervalMs = 100
/** Notices kept per statement; more are counted. */
export const noticesMax = 100
/** Characters kept of one notice, error detail or hint. */
export const noticeCharactersMax = 4_000
/** One result on disk: past it the statement is cancelled and says so. */
export const spoolBytesMax = 4 * 1024 * 1024 * 1024
/** Rows between two entries of a result's index: a page reads at most this many rows too much. */
export const spoolIndexRows = 256
export const spoolIndexBytes = 1024 * 1024
/** Rows gathered before they are written. */
export const spoolChunkBytes = 256 * 1024
/** Bytes waiting for the disk before the server is made to wait. */
export const spoolPendingBytesMax = 4 * 1024 * 1024
/** What one page may weigh: rows beyond come with the next request. */
export const pageBytesMax = 2 * 1024 * 1024
/** What is shown of one cell; the rest stays on disk. */
export const cellCharactersMax = 256 * 1024
/** How long a schema tree may take, and how many relations it shows. */
export const schemaMs = 30_000
export const schemaRelationsMax = 5_000
/** CancelRequest gives no answer: how long its tunnel may live. */
export const cancelMs = 5_000
/** A statement that runs on after a cancel is asked once more. */
export const cancelAgainMs = 1_000

/** One request of a page to the browser host, and its sockets at once. */
export const browserHostRequestMs = 10_000
export const browserHostSocketsMax = 200
/** Windows (sockets) of one browser host, and unanswered calls of one. */
export const windowsMax = 20
export const callsInFlightMax = 200
/** From a socket's upgrade to its first message. */
export const helloMs = 10_000
/** Events queued for a window that does not read; then it is closed and reloads. */
export const windowBufferBytesMax = 32 * 1024 * 1024

/** One message of the event stream: an approval without its exact text. */
export const eventMessageCharactersMax = 1024 * 1024
