// What is read of GitHub's answers, and in which shape alone it counts (https://docs.github.com/rest/pulls). Whatever is missing or
// odd fails its schema, and what fails its schema approves nothing.
import { z } from 'zod'
import { githubCommitsMax, githubFilesMax, githubReviewsMax } from '../../limits.ts'

const id = z.number().int().positive()
const sha = z.string().regex(/^[0-9a-f]{40}$/)
const time = z.iso.datetime().transform((text) => Date.parse(text))
const account = z.object({ id, login: z.string().regex(/^[A-Za-z0-9-]{1,39}(\[bot\])?$/), type: z.string() })
const repository = z.object({ id, full_name: z.string() })

/** In lists: just enough to know which are worth a look. */
export const listedPull = z.object({ number: id, merged_at: time, base: z.object({ ref: z.string(), repo: repository }), head: z.object({ sha }) })
export type ListedPull = z.output<typeof listedPull>
export const list = z.array(z.unknown())

export const pull = z.object({
  number: id, state: z.literal('closed'), merged: z.literal(true), merged_at: time, commits: z.number().int().positive().max(githubCommitsMax - 1),
  user: account, base: z.object({ ref: z.string(), repo: repository }),
  /** `repo` is null where a fork was deleted. */
  head: z.object({ sha, repo: repository }),
})
export type Pull = z.output<typeof pull>

export const review = z.object({
  id, user: account, state: z.enum(['APPROVED', 'CHANGES_REQUESTED', 'COMMENTED', 'DISMISSED', 'PENDING']), commit_id: sha, submitted_at: time,
})
export type Review = z.output<typeof review>
/** A full page may have another behind it, in which somebody says no. */
export const reviews = z.array(review).max(githubReviewsMax - 1)

/** An author or committer without an account could be anybody, a reviewer too. */
const contributor = z.object({ id })
export const commits = z.array(z.object({ sha, author: contributor, committer: contributor })).min(1).max(githubCommitsMax - 1)
export type Commits = z.output<typeof commits>

export const files = z.array(z.object({ filename: z.string().min(1), status: z.string(), sha: z.string().nullable() })).max(githubFilesMax - 1)
export const content = z.object({ type: z.literal('file'), encoding: z.literal('base64'), size: z.number().int().min(0), path: z.string(), sha, content: z.string() })
export const branch = z.object({ name: z.string(), protected: z.literal(true) })
export const permission = z.object({ permission: z.enum(['admin', 'write']), user: z.object({ id }) })
