// A request as it is judged, held and sent: what was read of it, and how it is written for the record and for people.
import type { IncomingMessage } from 'node:http'
import type { KubernetesCommandFacts } from '../../../shared/kubernetes.ts'
import { approvalReasonCharactersMax } from '../../../shared/limits.ts'
import { isDelete } from '../../../shared/policy/kubernetes-facts.ts'
import { kubernetesBodyBytesMax } from '../../limits-kubernetes.ts'
import { tooLarge, type ForwardedBody } from './body.ts'
import { factsOf, type ReadRequest } from './commands.ts'
import { impersonationHeaders } from './impersonation.ts'
import type { KubernetesSession } from './kubernetes-session.ts'
import { deletesKey } from './deletes.ts'
import type { Refused } from './refusal.ts'
import type { HeaderValues } from './upstream.ts'
import { isLarge, judgeApart, readApart } from './written.ts'

export interface AskedRequest {
  readonly kind: 'asked'
  readonly read: ReadRequest
  readonly facts: KubernetesCommandFacts
  readonly body: ForwardedBody | null
  /** What the requester says it is for. */
  readonly purpose: string | null
}

/** Reads the body where it has one; a large one is read, and looked into, in a thread. Rejects when the client is gone before its end. */
export async function askedOf(ks: KubernetesSession, read: ReadRequest, message: IncomingMessage): Promise<AskedRequest | Refused> {
  const bytes = read.bodyUse === 'none' ? null : await bodyOf(message)
  if (bytes === 'too-large') return tooLarge
  const { bodyUse } = read
  const isApart = bytes !== null && bodyUse !== 'none' && bodyUse !== 'stream' && isLarge(bytes)
  const content = isApart ? await readApart(ks, { verb: bodyUse, contentType: read.headers.contentType, bytes }) : bytes
  if (content !== null && 'reason' in content) return content
  const found = factsOf({ request: read, body: content, deletes: [] })
  if (found.kind === 'refused') return found
  const body = read.bodyUse === 'stream' && bytes !== null ? { contentType: read.headers.contentType ?? 'application/octet-stream', bytes } : found.forwarded
  const failed = isApart && body !== null ? await judgeApart(ks, found.facts, body.bytes) : null
  if (failed !== null) return failed
  return { kind: 'asked', read, facts: found.facts, body, purpose: purposeOf(message) }
}

/** The facts as they are judged: with the deletes that were let through until this very turn, so that many at once count each other. */
export function factsNow(ks: KubernetesSession, { facts }: Pick<AskedRequest, 'facts'>): KubernetesCommandFacts {
  return { ...facts, deletes: ks.memory.deletes.ages(keyOf(ks), Date.now()) }
}

/** In the turn in which it was let through. */
export function noteAllowed(ks: KubernetesSession, facts: KubernetesCommandFacts): void {
  if (isDelete(facts) && !facts.isDryRun) ks.memory.deletes.note(keyOf(ks), Date.now())
}

const keyOf = ({ session, summary }: KubernetesSession) => deletesKey(session.lease.principal.id, summary.name)

async function bodyOf(message: IncomingMessage): Promise<Buffer | 'too-large'> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > kubernetesBodyBytesMax) return 'too-large'
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, bytes)
}

/** `Gatehouse-Reason`, percent-encoded: kubectl has no words for it, but `gatehouse kubectl` and the app do. */
function purposeOf({ headers }: IncomingMessage): string | null {
  const written = headers['gatehouse-reason']
  if (typeof written !== 'string') return null
  try {
    return decodeURIComponent(written).trim().slice(0, approvalReasonCharactersMax) || null
  } catch {
    return written.slice(0, approvalReasonCharactersMax)
  }
}

/** Method and target as they go upstream: what the record and the intent know a request by. */
export const lineOf = ({ method, target }: Pick<ReadRequest, 'method' | 'target'>): string => `${method} ${target.forwarded}`

/** The whole of it for the eyes of approvers: line, command in words, body. */
export function wholeText(asked: AskedRequest): string {
  const { facts, body } = asked
  const parts = [headText(asked)]
  if (body !== null) parts.push(`content-type: ${body.contentType}`, facts.body === null ? body.bytes.toString('utf8') : JSON.stringify(facts.body.value, null, 2))
  return parts.join('\n\n')
}

/** Without the body. */
export function headText({ read, facts: { exec } }: Pick<AskedRequest, 'read' | 'facts'>): string {
  return exec === null || exec.argv.length === 0 ? lineOf(read) : `${lineOf(read)}\n\n$ ${exec.argv.map(quoted).join(' ')}`
}

/** As a shell would take it, so that one argument with spaces is not shown as two. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)

/** What goes upstream beside the credential. */
export function headersFor(ks: KubernetesSession, { read, body }: Pick<AskedRequest, 'read' | 'body'>): HeaderValues {
  const { headers, negotiated } = read
  return {
    ...Object.fromEntries(headers.forwarded), accept: negotiated.accept, 'accept-encoding': 'identity',
    ...(body !== null && { 'content-type': body.contentType }), ...identityFor(ks),
  }
}

export const identityFor = ({ session, connection }: KubernetesSession): HeaderValues => impersonationHeaders(connection.target.impersonate, session.lease.principal)
