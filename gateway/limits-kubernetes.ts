// Limits of Kubernetes: streams, requests, answers, and the threads that large documents are worked on in. As in limits.ts: by name, with
// its reason, units last; a limit that is hit is an error that names it.

// Streams: exec, attach, port-forward.
/** One data frame of SPDY, and one WebSocket frame: SPDY's own length has 24 bits, and a client may send a whole file as one. */
export const streamFrameBytesMax = 16 * 1024 * 1024
/** One SPDY control frame; Kubernetes' own have some hundred bytes, most of them a header block. */
export const spdyControlBytesMax = 16 * 1024
/** One header block, inflated: a stream's type, port and request number. */
export const spdyHeaderBytesMax = 16 * 1024
/** All header blocks of one direction, inflated, for each byte they came as: zlib reaches a thousand, real headers some three. */
export const spdyInflateRatioMax = 40
/** Names in one header block; Kubernetes sends three at most. */
export const spdyHeadersMax = 32
/** Frames with a header block in one second of one direction: each takes some 50 µs of the loop. Four hundred connections a second, both streams. */
export const spdyHeadersPerSecondMax = 800
/** Streams open at once on one connection: a browser behind a port-forward opens dozens of connections, two streams each. */
export const streamsOpenMax = 512
/** A WebSocket message of a channel that is read as a whole (a resize, a status), and the same on SPDY's streams. */
export const streamMessageBytesMax = 64 * 1024
/** Output of a terminal that may be the beginning of a finding goes on after this pause: an echo must feel immediate. */
export const terminalHeldMs = 20
/** The same without a terminal: nobody waits for an echo, and a finding sent in two halves is found for longer. */
export const streamHeldMs = 500
/** The same for the record: nobody waits for it, and somebody types a token key by key. */
export const recordHeldMs = 3_000
/** What a client gets to read why its streams end, before its socket is cut; with leaseTickMs it stays below a second. */
export const streamCloseMs = 500
/** What a client gets to read the last of its output when its command has ended: it may be slow, and it may be gone. */
export const streamDrainMs = 60_000
/** An upstream's answer to an upgrade: from our request to the end of its headers. */
export const upgradeAnswerMs = 30_000
/** Status line and headers of that answer. */
export const upgradeHeadBytesMax = 64 * 1024

// Connections, requests and answers.
/** A credential file of a Kubernetes connection is read again after this: projected tokens live for an hour and are replaced at 80 % of it. */
export const kubernetesTokenAgeMs = 60_000
/** A session of plain requests ends this long after its last one: kubectl run by run is one session, a client that is gone holds nothing. */
export const kubernetesIdleMs = 60_000
/** Sessions of plain requests that one principal has on one cluster at once: one of each token, and of each loopback listener. */
export const kubernetesPooledMax = 64
/** Requests of one session at once: k9s has some dozens of watches. */
export const kubernetesRequestsMax = 256
/** The API server's first byte of an answer; a watch or a follow answers at once and goes on. */
export const kubernetesAnswerMs = 60_000
/** An answer that has to be read whole before it may go (masked lists, dry runs); larger ones are refused, with a hint to page. */
export const kubernetesAnswerBytesMax = 64 * 1024 * 1024
/** One event of a watch: an object is at most 3 MB in etcd, with room for its fields' names. */
export const kubernetesEventBytesMax = 8 * 1024 * 1024
/** Output of one exec, attach or log that the recording takes; what is over it is counted, and said once. */
export const kubernetesRecordedStreamBytesMax = 64 * 1024 * 1024
/** A live object, or what a dry run answers: at most 3 MB in etcd. */
export const kubernetesLiveBytesMax = 4 * 1024 * 1024
/** Larger objects are shown to approvers without a diff: writing this much as YAML takes some 50 ms of the loop. */
export const kubernetesDiffObjectBytesMax = 128 * 1024
/** Of one diff shown to approvers. */
export const kubernetesDiffCharactersMax = 64 * 1024
/** Looking for the shortest diff, between other work; after it, and well before riskMs, the whole change is shown. */
export const kubernetesDiffMs = 500
/** Deletes of a principal on a connection that are remembered for `mass-delete`, and for how long. */
export const kubernetesDeletesKept = 1_000
export const kubernetesDeletesKeptMs = 60 * 60_000

/** Path and query of a Kubernetes request: the argv of an exec stands there. Below apiHeaderBytesMax, which the headers share. */
export const kubernetesTargetCharactersMax = 16 * 1024
/** Body of a Kubernetes request: what API servers take (etcd takes half). */
export const kubernetesBodyBytesMax = 3 * 1024 * 1024
/** A body in YAML, in characters: parsed at some 400 KB/s, on the loop. kubectl, helm and client-go send JSON, under the name of YAML too. */
export const kubernetesYamlCharactersMax = 32 * 1024
/** Values in a body: a schema of a custom resource of 1 MB has some 30,000; so many are read in 50 ms, three megabytes of `1,` are not. */
export const kubernetesBodyValuesMax = 250_000
/** Levels of a body: schemas of custom resources have some sixty; every walk over it is recursive. */
export const kubernetesBodyDepthMax = 200
/** A log that pauses this long shows what detectors held back of it. */
export const kubernetesQuietMs = 100
/** The body of an API server's answer to an upgrade that it does not make: a Status. */
export const kubernetesFailedUpgradeBytesMax = 64 * 1024
/** What a client gets to read a refusal of its upgrade. */
export const refusalCloseMs = 1_000
/** How long a refused WebSocket answers for the SPDY request that kubectl sends right after it, and how many are remembered. */
export const recentRefusalMs = 5_000
export const recentRefusalsMax = 1_000
/** A document of Kubernetes (an answer, an event of a watch, a body) larger than this is worked on in a thread: detectors read 20 MB/s, so this much takes 1.5 ms. */
export const documentTurnBytesMax = 32 * 1024
/** Threads for these, made when first needed, some 60 MB each; one of them is kept for those up to documentShortBytesMax, which are done in 200 ms. */
export const documentThreadsMax = 2
export const documentShortBytesMax = 4 * 1024 * 1024
/** Documents that wait for a thread, of all sessions: behind so many nobody waits long enough. */
export const documentsQueuedMax = 256
/** What a thread may take for a document: this, and a millisecond more for each documentBytesPerMs (1 MB/s; it usually does 20). */
export const documentMs = 5_000
export const documentBytesPerMs = 1_000
/** JavaScript heap of such a thread: 64 MB of which every value is masked fit. A document that needs more ends the thread, not the gateway. */
export const documentHeapMb = 512
/** Sets of masks a thread knows: one for each session that had a large document lately. */
export const documentRulesMax = 64
/** A document is masked anew when the policy, or the principal's token, is another by the time it is done; a policy that changes more often than that refuses it. */
export const documentTriesMax = 3
/** Large answers of all sessions together, from their first bytes until the client has them; and a principal's share, so that a slow reader's leave room for others. */
export const documentsBytesMax = 256 * 1024 * 1024
export const documentsShareBytesMax = 96 * 1024 * 1024
/** What is written to a client in one turn of the loop: TLS encrypts some 2 GB/s. */
export const kubernetesWriteBytes = 128 * 1024
