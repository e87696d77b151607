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

/** Sockets a loopback listener for kubectl serves at once: over HTTP/1.1 each watch, log and terminal is one. */
export const kubernetesListenerSocketsMax = 500
/** Between two requests of one socket. Go's own is 90 s: the client hangs up first, and no request meets a closed socket. */
export const kubernetesListenerIdleMs = 120_000
/** Life of a loopback listener's own certificate: longer than an app stays open, short of what Apple's Go refuses (825 days). */
export const ownCertificateDays = 365

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

/** Terminals of one app: each is a shell, a listener and a screen. */
export const terminalsMax = 30
/** A screen larger than these is no screen. */
export const terminalColumnsMax = 1_000
export const terminalRowsMax = 500
/** Lines above a terminal's screen: some 200 bytes each, in the page. */
export const terminalScrollbackMax = 100_000
/** Base64 of what is typed or pasted at once; a longer paste goes in parts. */
export const terminalWriteCharactersMax = 128 * 1024
/** Output of a shell is gathered for so long, or until it is so much, before it goes to the page: a key's echo must feel immediate. */
export const terminalGatherMs = 4
export const terminalGatherBytes = 64 * 1024
/** Output that the page has not drawn yet: past the first the shell is paused, below the second it goes on. */
export const terminalUnseenBytesMax = 512 * 1024
export const terminalUnseenBytesLow = 128 * 1024
/** From the end of its terminal to a shell's own end; then it is killed. */
export const terminalEndMs = 2_000
/** A login shell that takes longer to say where kubectl is will not say it. */
export const kubectlLookMs = 5_000

/** Lists that are kept current, and logs that are followed, at once in one app; what was opened first makes room. */
export const kubernetesWatchesMax = 20
export const kubernetesLogsMax = 10
/** One answer of the API server: 5,000 rows with their metadata are the largest. */
export const kubernetesAnswerBytesMax = 32 * 1024 * 1024
/** One line of a watch: an object with its row. */
export const kubernetesEventBytesMax = 4 * 1024 * 1024
/** Rows of one list; the rest is said to be there. */
export const kubernetesRowsMax = 5_000
/** Characters of one cell, and of an object as YAML. */
export const kubernetesCellCharactersMax = 1_000
export const kubernetesYamlCharactersMax = 2 * 1024 * 1024
/** A request that is no watch and no log. Where policy holds reading for approval it is asked again, and joins the same approval. */
export const kubernetesCallMs = 30_000
/** Changes of a list are gathered for so long. */
export const kubernetesGatherMs = 200
/** Lines that a log begins with. */
export const kubernetesLogTailLines = 1_000
/** One line of a log in the page; what is longer is cut, and said to be. */
export const kubernetesLogLineCharactersMax = 16 * 1024
/** Lines of a log that the page has not drawn yet: then the log waits. */
export const kubernetesLogUnseenLinesMax = 5_000

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
