// Looks for a merged pull request that agrees to a statement: first which one carries it, then everything about that one afresh. A
// thing missing or odd is "no"; what GitHub does not answer is NoAnswer, and agrees to nothing either.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { PullAgreed } from '../../../shared/approval.ts'
import { compileGlob } from '../../../shared/policy/glob.ts'
import { githubFileBytesMax, githubFilesMax, githubFilesReadMax, githubPullAgeMs, githubPullsMax, githubReviewsMax, githubCommitsMax } from '../../limits.ts'
import * as answers from './answers.ts'
import { NoAnswer, type GithubClient } from './client.ts'
import { reviewersOf, type Reviewer } from './reviewers.ts'
import { holdsHash, statementText } from './statement-hash.ts'

export interface Wanted {
  readonly repository: string
  readonly branch: string
  /** A glob over paths. */
  readonly path: string
  /** Reviewers. */
  readonly count: number
  readonly hash: string
  readonly text: string
  /** Keys of who asked. */
  readonly selves: readonly string[]
}

export interface FoundPull extends PullAgreed {
  /** Stable, where a name can be given to another. */
  readonly repositoryId: number
}

interface Blob { readonly path: string; readonly sha: string; readonly content: string }

export type PullFinder = (wanted: Wanted, now: number) => Promise<FoundPull | null>

export function createPullFinder(github: GithubClient): PullFinder {
  /** What a merged commit added never changes; by repository, number and commit. */
  const added = new Map<string, readonly { readonly path: string; readonly sha: string }[]>()

  async function read<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
    const parsed = schema.safeParse(await github.get(path))
    return parsed.success ? parsed.data : null
  }

  /** Of a file or a collaborator: that there is none is an answer. */
  async function readIfAny<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
    return read(path, schema).catch((error: unknown) => {
      if (error instanceof NoAnswer && error.isMissing) return null
      throw error
    })
  }

  async function candidates({ repository, branch }: Wanted, now: number): Promise<readonly answers.ListedPull[]> {
    const listed = await read(`/repos/${repository}/pulls?state=closed&base=${encodeURIComponent(branch)}&sort=updated&direction=desc&per_page=${githubPullsMax}`, answers.list)
    const pulls = (listed ?? []).flatMap((one) => { const parsed = answers.listedPull.safeParse(one); return parsed.success ? [parsed.data] : [] })
    return pulls.filter((one) => isInto(one, { repository, branch }) && isRecent(one, now))
  }

  /** Only files that it added: of a changed file the reviewers saw a part, and a hash in the rest was agreed to at another time. */
  async function addedFiles({ repository }: Wanted, { number, head }: answers.ListedPull) {
    const key = `${repository}#${number}@${head.sha}`
    const known = added.get(key)
    if (known !== undefined) return known
    const files = await read(`/repos/${repository}/pulls/${number}/files?per_page=${githubFilesMax}`, answers.files)
    if (files === null) return []
    const found = files.flatMap(({ filename, status, sha }) => (status === 'added' && sha !== null && !filename.split('/').some(isDots) ? [{ path: filename, sha }] : []))
    if (added.size > addedKeptMax) added.clear()
    added.set(key, found)
    return found
  }

  /** As it stands on the branch today; null where it is gone, or is not what was reviewed. */
  async function blobOn({ repository, branch }: Wanted, { path, sha }: Omit<Blob, 'content'>): Promise<Blob | null> {
    const file = await readIfAny(`/repos/${repository}/contents/${path.split('/').map(encodeURIComponent).join('/')}?ref=${encodeURIComponent(branch)}`, answers.content)
    if (file === null || file.path !== path || file.sha !== sha || file.size > githubFileBytesMax) return null
    const bytes = Buffer.from(file.content, 'base64')
    return bytes.length === file.size && gitHash(bytes) === sha ? { path, sha, content: bytes.toString('utf8') } : null
  }

  /** The hash says which statement, whole, and where; the text beside it is what reviewers could read. */
  async function carries(wanted: Wanted, listed: answers.ListedPull): Promise<boolean> {
    const matches = compileGlob(wanted.path, '/')
    const files = (await addedFiles(wanted, listed)).filter(({ path }) => matches(path)).slice(0, githubFilesReadMax)
    let [hasHash, hasText] = [false, false]
    for (const file of files) {
      const blob = await blobOn(wanted, file)
      hasHash ||= blob !== null && holdsHash(blob.content, wanted.hash)
      hasText ||= blob !== null && blob.content.includes(statementText(wanted.text))
      if (hasHash && hasText) return true
    }
    return false
  }

  async function agreed(wanted: Wanted, number: number, now: number): Promise<FoundPull | null> {
    const { repository, count, selves } = wanted
    const at = `/repos/${repository}/pulls/${number}`
    const pull = await read(at, answers.pull)
    if (pull === null || pull.number !== number || !isInto(pull, wanted) || !isRecent(pull, now)) return null
    // A fork's branch belongs to somebody whom the repository's owners have given nothing.
    if (pull.head.repo.id !== pull.base.repo.id) return null
    const reviews = await read(`${at}/reviews?per_page=${githubReviewsMax}`, answers.reviews)
    const commits = await read(`${at}/commits?per_page=${githubCommitsMax}`, answers.commits)
    if (reviews === null || commits === null || commits.length !== pull.commits || commits.at(-1)?.sha !== pull.head.sha) return null
    const reviewers = reviewersOf({ pull, reviews, commits, excluded: new Set(selves) })
    if (reviewers === null || reviewers.length < count) return null
    const writers = await whoMayWrite(repository, reviewers)
    if (writers.length < count) return null
    return {
      repository: pull.base.repo.full_name, repositoryId: pull.base.repo.id, number, url: `https://github.com/${pull.base.repo.full_name}/pull/${number}`,
      commit: pull.head.sha, mergedAt: new Date(pull.merged_at).toISOString(), author: pull.user.login, reviewers: writers,
    }
  }

  /** Anybody may review in a public repository. */
  async function whoMayWrite(repository: string, reviewers: readonly Reviewer[]): Promise<Reviewer[]> {
    const writers: Reviewer[] = []
    for (const reviewer of reviewers) {
      const may = await readIfAny(`/repos/${repository}/collaborators/${encodeURIComponent(reviewer.login)}/permission`, answers.permission)
      if (may?.user.id === reviewer.id) writers.push(reviewer)
    }
    return writers
  }

  return async (wanted, now) => {
    const branch = await read(`/repos/${wanted.repository}/branches/${encodeURIComponent(wanted.branch)}`, answers.branch)
    if (branch?.name !== wanted.branch) return null
    for (const listed of await candidates(wanted, now)) {
      if (!await carries(wanted, listed)) continue
      const found = await agreed(wanted, listed.number, now)
      if (found !== null) return found
    }
    return null
  }
}

const addedKeptMax = 1_000
/** In an address they would mean another place. */
const isDots = (segment: string): boolean => segment === '.' || segment === '..'

const isInto = ({ base }: Pick<answers.ListedPull, 'base'>, { repository, branch }: Pick<Wanted, 'repository' | 'branch'>): boolean =>
  base.ref === branch && base.repo.full_name.toLowerCase() === repository.toLowerCase()

/** Neither old nor of the future. */
const isRecent = ({ merged_at: at }: Pick<answers.ListedPull, 'merged_at'>, now: number): boolean => at <= now + clockSkewMs && at > now - githubPullAgeMs
const clockSkewMs = 60_000

/** https://git-scm.com/book/en/v2/Git-Internals-Git-Objects: the bytes are those of the hash that was reviewed. */
const gitHash = (bytes: Buffer): string => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
