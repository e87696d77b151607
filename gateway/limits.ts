// Every limit of the gateway, by name, with its reason. Units last. A limit that is hit is an error that names it.

/** From accept to an authenticated startup: slow-loris ends here (threats.md: GHSA-78rf-vg74-7cr8). */
export const handshakeMs = 10_000
/** Handshakes under way at once; for one more the oldest is closed, so logins cannot exhaust sockets, nor the silent keep out the others. */
export const handshakesMax = 4_000
/** Reaching and signing in to an upstream. */
export const upstreamConnectMs = 10_000
/** A session without a command ends: a forgotten psql holds a production connection. */
export const sessionIdleMs = 60 * 60_000
/** Sessions open at once in one gateway process. */
export const sessionsMax = 12_000

/** A startup packet (PostgreSQL's own is 10,000). */
export const startupBytesMax = 10_000
export const startupParametersMax = 64
/** A password message holds a token. */
export const passwordBytesMax = 4_096 + 64
/** One SQL text: what the parser's worker accepts; 200 KB INSERTs are real, 1 GB queries are not. */
export const statementBytesMax = 1024 * 1024
/** One message from a client (Bind with large parameters, CopyData); refused before it is buffered. */
export const frontendMessageBytesMax = 16 * 1024 * 1024
/** One message from an upstream that must be looked into as a whole (DataRow under masks); larger rows pass only where nothing is masked. */
export const backendMessageBytesMax = 64 * 1024 * 1024
/** PostgreSQL's own caps. */
export const columnsMax = 1_664
export const parametersMax = 65_535
/** SCRAM iterations an upstream may demand: PBKDF2 is bounded work (CVE-2026-6665). */
export const scramIterationsMax = 1_000_000
/** And must demand at least (RFC 7677 §4): fewer make what we prove cheap to guess our password from. */
export const scramIterationsMin = 4_096
/** Signing in to an upstream: bytes of one message, and messages before the first ReadyForQuery; an endless NOTICE ends here. */
export const upstreamHandshakeMessageBytesMax = 64 * 1024
export const upstreamHandshakeMessagesMax = 500
/** Prepared statements and portals one session may hold by name. */
export const preparedMax = 2_000
/** Messages of one pipeline whose answers are outstanding. */
export const pipelineMax = 20_000

/** Bytes queued towards a slow reader before its session stops reading from the other side. */
export const writeQueueBytesMax = 1024 * 1024

/** Bytes of one value that detectors' patterns look at (10–20 MB/s): a value with more that looks suspicious is masked whole. */
export const detectorBytesMax = 256 * 1024
/** Digits before the point of a number that `range` computes with (BigInt is quadratic): larger numbers are redacted. */
export const maskedDigitsMax = 1_000
/** Levels of a JSON document that mask paths are looked for in: a deeper one is redacted whole, for the walk is recursive. */
export const maskedJsonDepthMax = 256
/** A document that is walked (80 MB/s, on the loop); a larger one is redacted whole rather than hold up other sessions. */
export const maskedJsonBytesMax = 4 * 1024 * 1024
/** Levels of a Kubernetes object: the API server itself refuses more than some hundreds, and the walk is recursive. */
export const objectJsonDepthMax = 256
/** Values and names in a document, 13 bytes of memory each: a list of 64 MB of real objects has some five million. */
export const objectJsonTokensMax = 16_000_000
/** JSON inside strings of an object (last-applied annotations, and these inside such); deeper ones are masked whole. */
export const embeddedJsonDepthMax = 3
/** Of a stream (logs, a terminal): what is kept back because it may be the beginning of a finding. A line that is longer goes in parts. */
export const streamHeldBytesMax = 16 * 1024
/** What detectors look at at once of a stream; at twice what is kept back each look gets on. */
export const streamPieceBytesMax = 32 * 1024
/** What is kept back for detectors of the policies' own whose findings may go over ends of lines. */
export const streamLinesBytesMax = 4 * 1024
/** Behind the first line of a private key, when its last line does not come: then somebody only wrote about keys. */
export const streamKeyBytesMax = 32 * 1024
/** Detectors of the policies' own, all files together: each costs time for every value where it could be. */
export const detectorsMax = 100
/** RE2 instructions of one such pattern: a character of text may cost as many steps. `.{1,300}` has 600. */
export const detectorInstructionsMax = 1_000
/** Bytes searched for one such detector in one value, counting anew for each finding what lies behind it: then the rest is masked unread. */
export const customSearchBytesMax = 2 * 1024 * 1024
/** Characters of the shortest run that is decoded as base64 or hex: an SSN in base64 (eleven bytes). Shorter ones hold no secret worth it. */
export const encodedCharactersMin = 15

/** Parsing: seconds a statement may hold a parser worker; then the worker is replaced and the statement refused. */
export const parseMs = 5_000
/** Facts cached by statement text, all sessions together. */
export const factsCacheEntriesMax = 5_000
export const factsCacheBytesMax = 32 * 1024 * 1024
/** How old the catalog may be; DDL seen and unknown names refresh it at once. */
export const catalogRefreshMs = 60_000

/** Output kept per command in a recording, bytes; the rest is counted, and the frame `truncated` says so. */
export const recordedOutputBytesMax = 64 * 1024
/** A journal file is closed and a new one begun. */
export const journalBytesMax = 256 * 1024 * 1024
/** Frames of one turn that wait for its end; more are written at once, so that one turn cannot hold much memory. */
export const journalBatchBytesMax = 1024 * 1024
/** One frame. What cannot be recorded whole is refused, never cut. */
export const recordedFrameBytesMax = 32 * 1024 * 1024
/** How long what the kernel holds may stay off the disk (mode `kernel`): what a power cut can take. */
export const journalSyncMs = 1_000
/**
 * A write on the loop that took longer than this makes the next ones leave the loop, so that a slow disk stalls other sessions once.
 * Well above what a process waits for a core on a busy machine: off the loop a record costs five times as much.
 */
export const journalSlowWriteMs = 100
/** How long every write must have been quick before they come back to the loop. */
export const journalQuickAgainMs = 2_000
/** Frames that wait for a slow disk, all sessions together; past it the journal fails rather than take the memory. */
export const journalWaitingBytesMax = 64 * 1024 * 1024
/** Indexes of closed journal files a reader keeps, so that paging does not read them again. */
export const journalIndexesMax = 8

/** One page of a recording, payload bytes: beside the number of frames, so that a page of output stays small. */
export const recordingPageBytesMax = 4 * 1024 * 1024

/** One question to the store: a store that hangs is a store that is lost. */
export const storeQueryMs = 5_000
/** Opening the store: PGlite compiles and may recover after a crash. */
export const storeOpenMs = 60_000
/** Connections to a configured PostgreSQL store. */
export const storeConnectionsMax = 8
/** How often the end of a session is written again before the failure is only logged; and the first pause, doubled each time. */
export const sessionEndAttemptsMax = 6
export const sessionEndRetryMs = 500

/** API request bodies. */
export const apiBodyBytesMax = 64 * 1024
/** Clock skew allowed on `exp` and `nbf`, seconds. */
export const clockSkewSeconds = 60
/** Policies and jwks files: a cap on what is read. */
export const configFileBytesMax = 1024 * 1024

/** A JWT as a bearer; refused by length before anything of it is parsed. Tokens with hundreds of groups stay below. */
export const jwtCharactersMax = 16 * 1024
/** `sub` (OpenID Connect Core 2: at most 255 characters), an email (RFC 5321: 254), a group's name. */
export const claimCharactersMax = 255
/** Groups of one principal; more are a misconfigured provider, and the token is refused rather than cut. */
export const groupsMax = 1_000
/** Discovery and key sets of a provider: seconds to wait, bytes to read, and how often at most an unknown key or a failure asks again. */
export const providerFetchMs = 5_000
export const providerResponseBytesMax = 256 * 1024
export const providerCooldownMs = 30_000
export const providerRetryMs = 5_000
/** Keys are read again after this, so a key a provider withdrew stops counting. */
export const providerKeysAgeMs = 10 * 60_000
/** How often leases are compared with the clock: their end is promised within a second. */
export const leaseTickMs = 250
/** Failed logins written to the audit log a minute; the rest is counted there, so that nobody fills the store without a token. */
export const loginFailuresAuditedPerMinute = 60

/** Token exchanges of one principal a minute: each is a row in the store, and a client needs four an hour. */
export const exchangesPerMinute = 60

/** A request to the API, from its first byte to its last; a response takes no longer. */
export const apiRequestMs = 15_000
/** Request line and headers; a JWT bearer is the largest of them. */
export const apiHeaderBytesMax = 24 * 1024
/** A kept-alive API socket without a request. */
export const apiIdleMs = 15_000
/** TLS sockets of the API listener, tunnels among them. */
export const apiSocketsMax = 16_000
/** A tunnel is asked whether it is alive this often, and ended when it missed so many in a row. */
export const tunnelPingMs = 20_000
export const tunnelPingsMissedMax = 2
/** A tunnel whose peer is alive for the kernel but takes nothing (a pager left open) ends after this. */
export const tunnelStalledMs = 15 * 60_000
/** What a tunnel's peer gets to answer our close frame before the socket is cut: its last rows may still be on their way. */
export const tunnelCloseMs = 5_000
/** What a protocol gets to tell its client, in its own tongue, that the lease has ended; with leaseTickMs it stays below a second. */
export const tunnelEndMs = 500
/** Tunnels being opened at once (TLS done, token being checked); more are refused. */
export const tunnelHandshakesMax = 1_000
/** Recordings being verified at once by the API: each reads whole journal files. More are told to try again. */
export const verificationsMax = 2
/** From the first signal to the exit: sessions are told, records are flushed. */
export const stopMs = 10_000

/** An own CA lasts as long as a machine does; its leaf is short and made anew at start when less than the margin is left. */
export const ownCaDays = 3_650
export const ownLeafDays = 90
export const ownLeafMarginDays = 30
/** Decisions cached for one principal on one connection (by facts), and accesses cached in all. */
export const decisionsCachedMax = 2_000
/** Policy files in the policies folder. */
export const policyFilesMax = 1_000
/** A changed policies folder must stay as it is for this long before it is read: a half-written file may be a valid, weaker policy. */
export const policySettleMs = 300
/** Besides file events (which network file systems and replaced folders do not give) the folder is looked at this often. */
export const policyPollMs = 5_000
/** A statement with a name the catalog does not know refreshes it, at most this often a connection. */
export const unknownNameRefreshMs = 1_000
/** How long a session waits for the upstream to take a CancelRequest before it goes on. */
export const cancelMs = 2_000
/** A parameter's value in the record; the rest is counted. */
export const recordedParameterCharactersMax = 4_096
/** A secret from a file: a password, a token or a PEM key with its chain. */
export const secretBytesMax = 64 * 1024
/** Levels of a parse tree: a 12,000-term sum has 24,000; libpg_query's own stack holds some 380,000 before it overflows (see gateway/sql/parse.ts). */
export const parseDepthMax = 100_000
/** Parser workers: a second one so that a text that takes parseMs does not hold up every other session. */
export const parserWorkersMax = 2
/** Texts longer than this are parsed by one worker at a time: seconds of parsing never hold up short statements of other sessions. */
export const parserLongTextCharacters = 64 * 1024
/** Their thread's stack, MB: reserved, touched only as far as a tree is deep. */
export const parserStackMb = 512
/** Their JavaScript heap, MB: a 1 MB text of short terms makes a tree of some 300 MB. */
export const parserHeapMb = 768
/** Texts longer than this are cached as they are only: a bulk INSERT is not looked through for constants on the main thread. */
export const normalFormCharactersMax = 16 * 1024
/** Statements, accesses, columns and functions of one text together: facts cross from the parser's thread and are judged one by one. */
export const factsEntriesMax = 20_000
/** Catalogs a parser worker keeps for lineage, the newest; about 1 KB a relation each. */
export const parserCatalogsMax = 8
/** Texts waiting for a parser worker, all sessions together; more are refused. */
export const parserQueueMax = 10_000
/** A catalog that could not be refreshed for this long is not used any more: masks bind to it. */
export const catalogStaleMs = 10 * 60_000
/** Reading the whole catalog: a half-open connection is given up then. 20,000 relations take some 200 ms. */
export const catalogLoadMs = 60_000
/** Reading the catalog: each of its few queries. */
export const catalogQueryMs = 20_000
/** Definitions of views are read under locks of what they name: somebody's ALTER must not hold up the whole catalog. */
export const catalogDefinitionsLockMs = 500
/** Lineage: queries, joins and views inside each other. Beyond it a statement's lineage is unknown; V8's usual stack holds this. */
export const lineageDepthMax = 300
/** Lineage: nodes visited and columns passed on; a few seconds of work. */
export const lineageStepsMax = 5_000_000
/** Lineage: rounds of a recursive query; each adds a column somewhere, usual ones take two or three. */
export const lineageRoundsMax = 200
/** How often certificate files are looked at for a newer version (renewed by others, or our own leaf near its end). */
export const tlsCheckMs = 60_000
/** A command that waits for an approval inside a transaction: what the transaction has locked holds others up meanwhile. */
export const approvalInTransactionMs = 2 * 60_000
/** A client whose command waits hears of it this often: proxies cut what is silent for 50 to 60 seconds. */
export const holdHeartbeatMs = 30_000
/**
 * What is still read from a client whose command waits, so that its end is noticed at once; it lies in memory. Beyond it nothing is
 * read, and a client that is gone is noticed when a heartbeat cannot be sent.
 */
export const heldInputBytesMax = 256 * 1024
/** Parameters of a held command, together: people are shown all of it, and what they cannot be shown they cannot approve. */
export const heldParametersBytesMax = 64 * 1024
/** Messages kept back because a statement among them may have to wait: what takes locks should not go ahead of the question. */
export const keptBackBytesMax = 256 * 1024
/** Asking the database about the danger of a held command (locks, an estimate); what is not known by then is said to be unknown. */
export const riskMs = 2_000
/** A rule over columns asks of each column of a statement whether each of its tables has it; past this many pairs all of them count. */
export const columnAttributionsMax = 1_000_000
/** Aliases of tables, and names given to columns, that the facts of one statement keep. */
export const statementNamesMax = 1_000
/** A `when:`: nodes of its tree, and levels. */
export const conditionNodesMax = 200
export const conditionDepthMax = 24
/** Names in one list that a `when:` may go through (`facts.tables`, `principal.groups`); more, and the condition counts as failed. */
export const conditionListMax = 1_000
/** EXPLAIN of a statement for `rows-over`: planning takes milliseconds, a join of thirty tables seconds; then the estimate is unknown. */
export const estimateMs = 2_000
/** EXPLAIN waits for nobody's ALTER. */
export const estimateLockMs = 200
/** Estimates of one connection that wait for their turn; the next is unknown at once. */
export const estimatesWaitingMax = 100
/** The estimator's connection, when nobody asks. */
export const estimateIdleMs = 60_000
/** Approvals that one principal may have open at once: approvers read each, and nobody may drown one in others. */
export const approvalsOpenMax = 20
/** And may ask for in an hour: each rings at people. */
export const approvalsPerHourMax = 120
/** Sessions that wait, or waited, for one approval: each is told to everyone who sees it and stands in its row for good. */
export const approvalHoldsMax = 50
/** How often the store is asked what happened to approvals, besides NOTIFY: a lost notification costs no more than this. */
export const approvalPollMs = 1_000
/** How often waiting sessions are compared with the clock and leftovers are put in order. */
export const approvalTickMs = 500
export const approvalSweepMs = 5_000
/** A waiting session whose gateway has not said so for this long is dead. */
export const approvalHolderLostMs = 30_000
/** How long the store may be away while commands wait; then they are refused. */
export const approvalStoreLostMs = 15_000
/** How long the exact text of a closed approval is kept for its history, and events for clients that slept. */
export const approvalSealedMs = 30 * 24 * 60 * 60_000
export const approvalEventsKeptMs = 7 * 24 * 60 * 60_000
/** The beginning of a held command in lists and notifications. */
export const approvalRecordedCharactersMax = 300
/** Others like it shown beside an approval. */
export const approvalsAlikeMax = 5
/** Listening for NOTIFY begins again this long after it broke. */
export const storeRelistenMs = 2_000
/** Event streams of one principal: a few windows, a tray, a CLI. */
export const eventStreamsMax = 10
/** Events read at once for one stream. */
export const eventPageMax = 100
/** Approvals a list looks through for those its caller may decide. */
export const approvalsListedMax = 500
/**
 * Values that one principal may compare masked columns with on one connection in a window: a few pasted lists of addresses an hour, and
 * yet decades for all social security numbers. (A day for the dates of a lifetime: no budget hides what has few values.)
 */
export const probesPerHourMax = 2_000
export const probeWindowMs = 60 * 60_000
/** What an array counts for whose length cannot be read. */
export const probesOfUnknownArray = 500
/** An event stream whose reader takes nothing for this long ends; it goes on at its cursor. */
export const eventStalledMs = 30_000
/** Pre-flights of one principal a minute: an editor that asks at every pause of typing stays below. */
export const preflightsPerMinute = 240
/** One attempt to notify: connect to status. */
export const notifyMs = 10_000
/** How long a gateway may be at an attempt before another takes it over. */
export const notifyClaimMs = 60_000
/** Attempts before a notification is a dead letter; the first pause, doubled each time, and the longest: some eight hours in all. */
export const notifyAttemptsMax = 12
export const notifyRetryFirstMs = 10_000
export const notifyRetryLastMs = 2 * 60 * 60_000
/** How often what is due is looked for, besides events; how many are sent at once. */
export const notifyTickMs = 5_000
export const notifyBatch = 10
/** Dead letters shown; delivered ones are forgotten after approvalEventsKeptMs. */
export const deadLettersListedMax = 200
/** GitHub is asked about what waits this often; its quota (5,000 requests an hour) is kept by conditional requests, which cost none when nothing changed. */
export const githubPollMs = 10_000
/** After failures the pause doubles up to this. */
export const githubPollSlowMs = 5 * 60_000
/** One request: connect to the last byte. */
export const githubRequestMs = 10_000
/** An answer: a page of files with their patches is the largest. */
export const githubAnswerBytesMax = 4 * 1024 * 1024
/** Answers kept for their ETag. */
export const githubAnswersKept = 200
/** Requests of the quota that are left to others who use the token; the longest pause that GitHub may ask for. */
export const githubQuotaKept = 50
export const githubPauseMsMax = 60 * 60_000
/** Newest pull requests looked at, and how old a merge may be: what was agreed to last month was agreed to about last month's data. */
export const githubPullsMax = 30
export const githubPullAgeMs = 7 * 24 * 60 * 60_000
/** Pages of GitHub's API: a full page may have another behind it, and then nothing is agreed to. */
export const githubFilesMax = 100
export const githubReviewsMax = 100
export const githubCommitsMax = 100
/** Files read of one pull request, and how large each may be: larger ones come without content. */
export const githubFilesReadMax = 20
export const githubFileBytesMax = 512 * 1024
