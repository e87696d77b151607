// GitHub's REST API as far as it is asked, over real HTTP on loopback, in the shapes of https://docs.github.com/rest (with fields
// that nobody reads, as there). A test changes the world before it asks, or puts an answer of its own in the place of one.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeUser { readonly id: number; readonly login: string; readonly type?: string }
export interface FakeReview { readonly id?: number; readonly user: FakeUser | null; readonly state: string; readonly commit_id: string | null; readonly submitted_at?: string }
export interface FakeFile { readonly filename: string; readonly status: string; readonly content: string }

export interface FakePull {
  readonly number: number
  readonly user: FakeUser
  readonly base: string
  readonly head: string
  readonly merged: boolean
  readonly merged_at: string | null
  /** `null`: a fork that is gone. */
  readonly from: string | null
  readonly reviews: readonly FakeReview[]
  readonly commits: readonly { readonly sha: string; readonly author: FakeUser | null; readonly committer: FakeUser | null }[]
  readonly files: readonly FakeFile[]
}

export interface FakeRepository {
  readonly id: number
  readonly pulls: FakePull[]
  isProtected: boolean
  /** By path, on the branch today. */
  readonly tree: Map<string, string>
  /** By login. */
  readonly permissions: Map<string, { readonly permission: string; readonly id: number }>
}

export const people = {
  ann: { id: 101, login: 'ann' }, bob: { id: 102, login: 'bob' }, cyd: { id: 103, login: 'cyd' }, web: { id: 19_864_447, login: 'web-flow' }, bot: { id: 900, login: 'helper[bot]', type: 'Bot' },
} as const satisfies Record<string, FakeUser>

export const headOf = (letter: string): string => letter.repeat(40)
export const gitHashOf = (content: string): string => createHash('sha1').update(`blob ${Buffer.byteLength(content)}\0`).update(content).digest('hex')

/** Ann's, added `files`, reviewed by Bob at its head, merged a minute ago. */
export function mergedPull(number: number, files: Readonly<Record<string, string>>, over: Partial<FakePull> = {}): FakePull {
  const head = over.head ?? headOf('a')
  return {
    number, user: people.ann, base: 'main', head, merged: true, merged_at: isoSeconds(Date.now() - 60_000), from: 'acme/shop',
    reviews: [{ user: people.bob, state: 'APPROVED', commit_id: head }], commits: [{ sha: head, author: people.ann, committer: people.web }],
    files: Object.entries(files).map(([filename, content]) => ({ filename, status: 'added', content })), ...over,
  }
}
export const isoSeconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')

export type FakeGithub = Awaited<ReturnType<typeof startFakeGithub>>
type Replace = (path: string, response: ServerResponse, request: IncomingMessage) => boolean

export async function startFakeGithub() {
  const repositories = new Map<string, FakeRepository>()
  const requests: { readonly path: string; readonly status: number; readonly authorization: string | undefined; readonly conditional: boolean }[] = []
  const state: { replace: Replace | null } = { replace: null }

  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    response.on('finish', () => requests.push({ path, status: response.statusCode, authorization: request.headers.authorization, conditional: request.headers['if-none-match'] !== undefined }))
    if (state.replace?.(path, response, request) === true) return
    const body = answerTo(repositories, new URL(path, 'http://fake'))
    if (body === undefined) return send(response, 404, { message: 'Not Found', documentation_url: 'https://docs.github.com/rest', status: '404' })
    const etag = `W/"${createHash('sha256').update(JSON.stringify(body)).digest('hex')}"`
    response.setHeader('etag', etag)
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end()
    send(response, 200, body)
  })
  await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done) })
  const { port } = server.address() as AddressInfo
  return {
    api: `http://127.0.0.1:${port}`, repositories, requests, state,
    /** A repository where Ann, Bob and Cyd may write. */
    repository(name: string, id = 4_242): FakeRepository {
      const made: FakeRepository = { id, pulls: [], isProtected: true, tree: new Map(), permissions: new Map([people.ann, people.bob, people.cyd].map((one) => [one.login, { permission: 'write', id: one.id }])) }
      repositories.set(name, made)
      return made
    },
    /** Its files are on the branch from now on. */
    merge(name: string, pull: FakePull): FakePull {
      const repository = repositories.get(name)!
      repository.pulls.unshift(pull)
      for (const { filename, status, content } of pull.files) if (status === 'removed') repository.tree.delete(filename); else repository.tree.set(filename, content)
      return pull
    },
    async stop() {
      server.closeAllConnections()
      await new Promise<void>((done) => { server.close(() => done()) })
    },
  }
}

export function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '4999' }).end(JSON.stringify(body))
}

function answerTo(repositories: ReadonlyMap<string, FakeRepository>, url: URL): unknown {
  const [, , owner, name, ...rest] = url.pathname.split('/').map(decodeURIComponent)
  const full = `${owner}/${name}`
  const repository = repositories.get(full)
  if (repository === undefined) return undefined
  const at = { full, repository }
  const [what, first = '', second] = rest
  if (what === 'branches') return { name: first, protected: repository.isProtected, commit: { sha: headOf('f') }, protection: { enabled: repository.isProtected } }
  if (what === 'collaborators') {
    const found = repository.permissions.get(first)
    return found === undefined ? undefined : { permission: found.permission, role_name: found.permission, user: { ...userOf({ id: found.id, login: first }), permissions: { push: true } } }
  }
  if (what === 'contents') return contentOf(repository, rest.slice(1).join('/'))
  if (what !== 'pulls') return undefined
  // GitHub filters by base itself; the fake leaves it to the asker, who must not rely on it.
  if (first === '') return repository.pulls.map((pull) => listedOf(pull, at))
  const pull = repository.pulls.find(({ number }) => number === Number(first))
  if (pull === undefined) return undefined
  switch (second) {
    case undefined: return { ...listedOf(pull, at), merged: pull.merged, merged_by: userOf(people.ann), commits: pull.commits.length, additions: 1, deletions: 0, changed_files: pull.files.length, mergeable: null }
    case 'reviews': return pull.reviews.map((review, index) => ({ id: review.id ?? 7_000 + index, node_id: 'PRR_x', user: review.user && userOf(review.user), body: '', state: review.state, author_association: 'MEMBER', submitted_at: review.submitted_at ?? isoSeconds(Date.now() - 120_000 + index * 1_000), commit_id: review.commit_id }))
    case 'commits': return pull.commits.map(({ sha, author, committer }) => ({ sha, author: author && userOf(author), committer: committer && userOf(committer), commit: { message: 'x', author: { name: 'x', email: 'x@example.com' } }, parents: [] }))
    case 'files': return pull.files.map(({ filename, status, content }) => ({ sha: gitHashOf(content), filename, status, additions: 1, deletions: 0, changes: 1, patch: '@@ -0,0 +1 @@' }))
    default: return undefined
  }
}

const userOf = ({ id, login, type = 'User' }: FakeUser) => ({ login, id, node_id: `U_${id}`, avatar_url: '', html_url: `https://github.com/${login}`, type, site_admin: false })

function listedOf(pull: FakePull, { full, repository }: { readonly full: string; readonly repository: FakeRepository }) {
  const repo = { id: repository.id, name: full.split('/')[1], full_name: full, private: true }
  return {
    id: 9_000 + pull.number, number: pull.number, state: 'closed', title: 'a migration', user: userOf(pull.user), merged_at: pull.merged_at, merge_commit_sha: headOf('b'), draft: false, html_url: `https://github.com/${full}/pull/${pull.number}`,
    base: { ref: pull.base, label: `acme:${pull.base}`, sha: headOf('c'), repo },
    head: { ref: 'topic', label: 'acme:topic', sha: pull.head, repo: pull.from === null ? null : pull.from === full ? repo : { ...repo, id: 77, full_name: pull.from, fork: true } },
  }
}

function contentOf(repository: FakeRepository, path: string) {
  const content = repository.tree.get(path)
  return content === undefined ? undefined : {
    type: 'file', encoding: 'base64', size: Buffer.byteLength(content), name: path.split('/').at(-1), path, sha: gitHashOf(content),
    content: Buffer.from(content).toString('base64').replace(/(.{60})/g, '$1\n'), download_url: null,
  }
}
