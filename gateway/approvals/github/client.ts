// GET requests to GitHub's REST API, and nothing else: conditional, so that what did not change costs no quota; no redirects (the
// token goes where the operator said, and nowhere else); capped in time and size; quiet while GitHub asks for a pause.
// https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
import { githubAnswerBytesMax, githubAnswersKept, githubPauseMsMax, githubQuotaKept, githubRequestMs } from '../../limits.ts'
import type { GithubOptions } from './options.ts'

export interface GithubClient {
  /** The JSON of a 200, or of the one that a 304 repeats. Rejects with NoAnswer for everything else. */
  get(path: string): Promise<unknown>
}

/** GitHub did not say what was asked. The message has a status or a code, never a body, the token or an address. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  /** There is no such thing, or the token may not see it. */
  readonly isMissing: boolean

  constructor(message: string, isMissing = false) {
    super(message)
    this.isMissing = isMissing
  }
}

interface Kept { readonly etag: string; readonly json: unknown }

export function createGithubClient({ api, token }: Pick<GithubOptions, 'api' | 'token'>, { now = Date.now, requestMs = githubRequestMs } = {}): GithubClient {
  const kept = new Map<string, Kept>()
  let pausedUntil = 0

  function keep(path: string, answer: Kept): void {
    kept.delete(path)
    kept.set(path, answer)
    if (kept.size > githubAnswersKept) kept.delete(kept.keys().next().value!)
  }

  async function read(path: string, response: Response): Promise<unknown> {
    const known = kept.get(path)
    if (response.status === 304 && known !== undefined) return known.json
    if (response.status !== 200) throw new NoAnswer(`GitHub answered ${response.status}`, response.status === 404)
    const json = parsed(await bodyOf(response))
    const etag = response.headers.get('etag')
    if (etag !== null) keep(path, { etag, json })
    return json
  }

  return {
    async get(path) {
      if (now() < pausedUntil) throw new NoAnswer(`GitHub's rate limit: paused until ${new Date(pausedUntil).toISOString()}`)
      const etag = kept.get(path)?.etag
      const stop = new AbortController()
      const timer = setTimeout(() => stop.abort(), requestMs)
      try {
        const response = await fetch(`${api}${path}`, {
          redirect: 'error', signal: stop.signal,
          headers: {
            authorization: `Bearer ${token.reveal()}`, accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28', 'user-agent': 'gatehouse',
            ...(etag !== undefined && { 'if-none-match': etag }),
          },
        })
        pausedUntil = Math.max(pausedUntil, pauseOf(response, now()))
        return await read(path, response)
      } catch (error) {
        if (error instanceof NoAnswer) throw error
        throw new NoAnswer(stop.signal.aborted ? `nothing whole after ${requestMs} ms (githubRequestMs)` : codeOf(error))
      } finally {
        clearTimeout(timer)
        // What was not read to its end is not read any more.
        stop.abort()
      }
    },
  }
}

/** Until when GitHub wants to be left alone; 0: it does not. */
function pauseOf({ status, headers }: Response, now: number): number {
  const number = (name: string) => (/^\d{1,12}$/.test(headers.get(name) ?? '') ? Number(headers.get(name)) : null)
  const after = number('retry-after')
  if (after !== null) return now + Math.min(after * 1000, githubPauseMsMax)
  const [remaining, reset] = [number('x-ratelimit-remaining'), number('x-ratelimit-reset')]
  if (remaining !== null && reset !== null && remaining <= githubQuotaKept) return Math.min(reset * 1000, now + githubPauseMsMax)
  return status === 429 ? now + 60_000 : 0
}

async function bodyOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > githubAnswerBytesMax) throw new NoAnswer(`an answer of more than ${githubAnswerBytesMax} bytes (githubAnswerBytesMax)`)
    chunks.push(chunk)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new NoAnswer('the answer is not JSON')
  }
}

function codeOf(error: unknown): string {
  const { cause } = error as Error & { readonly cause?: { readonly code?: unknown } }
  return typeof cause?.code === 'string' ? cause.code : 'GitHub could not be reached, or answered oddly'
}
