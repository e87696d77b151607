// Which pull requests agree, against GitHub's API over real HTTP: every way in which one could seem to and must not.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { githubAnswerBytesMax, githubPullAgeMs } from '../../limits.ts'
import { createGithubClient } from './client.ts'
import { createPullFinder, type Wanted } from './find-pull.ts'
import { statementHash } from './statement-hash.ts'
import { headOf, isoSeconds, mergedPull, people, send, startFakeGithub, type FakeGithub, type FakePull, type FakeRepository } from './testing/fake-github.ts'

vi.setConfig({ testTimeout: 30_000 })

const text = 'alter table orders add column paid boolean'
const hash = statementHash('shop', text)
const token = 'ghp_sentinel0123456789'
const wanted: Wanted = { repository: 'acme/shop', branch: 'main', path: 'migrations/**', count: 1, hash, text, selves: ['id:ci:run'] }
const files = { 'migrations/7.sql': `-- the exact text, whole\n${text}\n`, 'migrations/7.sql.gatehouse': `${hash}\n` }

let github: FakeGithub
let shop: FakeRepository
beforeEach(async () => {
  github = await startFakeGithub()
  shop = github.repository('acme/shop')
})
afterEach(() => github.stop())

const finder = (requestMs?: number) => createPullFinder(createGithubClient({ api: github.api, token: { reveal: () => token } }, requestMs === undefined ? {} : { requestMs }))
const find = (over: Partial<Wanted> = {}) => finder()({ ...wanted, ...over }, Date.now())
const merge = (over: Partial<FakePull> = {}, added: Readonly<Record<string, string>> = files) => github.merge('acme/shop', mergedPull(7, added, over))

test('a merged and reviewed pull request that adds the hash and the text agrees, and says who', async () => {
  merge()
  expect(await find()).toEqual({
    repository: 'acme/shop', repositoryId: 4_242, number: 7, url: 'https://github.com/acme/shop/pull/7', commit: headOf('a'),
    mergedAt: shop.pulls[0]!.merged_at!.replace('Z', '.000Z'), author: 'ann', reviewers: [{ id: 102, login: 'bob' }],
  })
})

test('text and hash may stand in one file, and other pull requests beside it do not matter', async () => {
  github.merge('acme/shop', mergedPull(3, { 'README.md': 'x' }))
  merge({}, { 'migrations/deep/7.sql': `-- gatehouse ${hash}\n${text};` })
  github.merge('acme/shop', mergedPull(9, { 'migrations/9.sql': 'select 1' }))
  expect(await find()).toMatchObject({ number: 7 })
})

const approvedBy = (user: (typeof people)[keyof typeof people], at = headOf('a')) => ({ user, state: 'APPROVED', commit_id: at })
const refused: readonly (readonly [name: string, over: Partial<FakePull>, added?: Readonly<Record<string, string>>])[] = [
  ['is not merged', { merged: false, merged_at: null }],
  ['says it was merged in the list only', { merged: false }],
  ['was merged into another branch', { base: 'release' }],
  ['was merged too long ago', { merged_at: isoSeconds(Date.now() - githubPullAgeMs - 60_000) }],
  ['was merged in the future', { merged_at: isoSeconds(Date.now() + 3_600_000) }],
  ['nobody reviewed', { reviews: [] }],
  ['was remarked upon only', { reviews: [{ ...approvedBy(people.bob), state: 'COMMENTED' }] }],
  ['has a dismissed review', { reviews: [{ ...approvedBy(people.bob), state: 'DISMISSED' }] }],
  ['was approved before the last push', { reviews: [approvedBy(people.bob, headOf('d'))] }],
  ['was approved by its author', { reviews: [approvedBy(people.ann)] }],
  ['was approved by somebody who committed to it', { commits: [{ sha: headOf('d'), author: people.bob, committer: people.bob }, { sha: headOf('a'), author: people.ann, committer: people.ann }] }],
  ['has a commit of nobody known', { commits: [{ sha: headOf('a'), author: null, committer: people.web }] }],
  ['has other commits than its head', { commits: [{ sha: headOf('e'), author: people.ann, committer: people.web }] }],
  ['was approved by a bot', { reviews: [approvedBy(people.bot)] }],
  ['was approved by somebody without the right to write', { reviews: [approvedBy({ id: 500, login: 'stranger' } as never)] }],
  ['was approved by an account that has the login of a writer', { reviews: [approvedBy({ id: 999, login: 'bob' } as never)] }],
  ['was approved, and then asked to change by the same', { reviews: [approvedBy(people.bob), { ...approvedBy(people.bob), state: 'CHANGES_REQUESTED' }] }],
  ['another wants changed', { reviews: [approvedBy(people.bob), { ...approvedBy(people.cyd), state: 'CHANGES_REQUESTED' }] }],
  ['has a review of nobody', { reviews: [approvedBy(people.bob), { user: null, state: 'APPROVED', commit_id: headOf('a') }] }],
  ['has a review in a state unheard of', { reviews: [{ ...approvedBy(people.bob), state: 'BLESSED' }] }],
  ['has a review of no commit', { reviews: [{ ...approvedBy(people.bob), commit_id: null }] }],
  ['has as many reviews as a page holds', { reviews: Array.from({ length: 100 }, () => approvedBy(people.bob)) }],
  ['came from a fork', { from: 'mallory/shop' }],
  ['came from a fork that is gone', { from: null }],
  ['only changed the files', { files: Object.entries(files).map(([filename, content]) => ({ filename, status: 'modified', content })) }],
  ['only renamed the files', { files: Object.entries(files).map(([filename, content]) => ({ filename, status: 'renamed', content })) }],
  ['removed the files', { files: Object.entries(files).map(([filename, content]) => ({ filename, status: 'removed', content })) }],
  ['adds as many files as a page holds', {}, { ...files, ...Object.fromEntries(Array.from({ length: 98 }, (_, at) => [`other/${at}`, 'x'])) }],
  ['has the files elsewhere', {}, { 'docs/7.sql': text, 'docs/7.hash': hash }],
  ['has the hash without the text', {}, { 'migrations/7.hash': hash }],
  ['has the text without the hash', {}, { 'migrations/7.sql': text }],
  ['has the hash of the same text on another connection', {}, { 'migrations/7.sql': text, 'migrations/7.hash': statementHash('staging', text) }],
  ['has the hash inside a longer one', {}, { 'migrations/7.sql': text, 'migrations/7.hash': `${hash}0` }],
]
test.each(refused.map(([name, over, added = files]) => ({ name, over, added })))('a pull request that $name does not agree', async ({ over, added }) => {
  merge(over, added)
  expect(await find()).toBeNull()
  // The world around it is one in which another would be found.
  github.merge('acme/shop', mergedPull(8, { 'migrations/8.sql': text, 'migrations/8.hash': hash }))
  expect(await find()).toMatchObject({ number: 8 })
})

test('a remark after the approval takes nothing back', async () => {
  merge({ reviews: [approvedBy(people.bob), { ...approvedBy(people.bob), state: 'COMMENTED' }] })
  expect(await find()).toMatchObject({ number: 7 })
})

test('reviewers are counted by their ids, and who asked is none of them', async () => {
  merge({ reviews: [approvedBy(people.bob), approvedBy({ id: 102, login: 'bob-renamed' } as never)] })
  expect(await find({ count: 2 })).toBeNull()
  expect(await find({ selves: ['id:ci:run', 'github:102'] })).toBeNull()
  github.merge('acme/shop', mergedPull(8, { 'migrations/8.sql': `${text}\n${hash}` }, { reviews: [approvedBy(people.bob), approvedBy(people.cyd)] }))
  expect(await find({ count: 2 })).toMatchObject({ number: 8, reviewers: [{ login: 'bob' }, { login: 'cyd' }] })
  expect(await find({ count: 2, selves: ['github:103'] })).toBeNull()
})

test('what is reverted, or changed, on the branch since is not agreed to any more', async () => {
  merge()
  shop.tree.delete('migrations/7.sql')
  expect(await find()).toBeNull()
  shop.tree.set('migrations/7.sql', `${text} -- and more`)
  expect(await find()).toBeNull()
  shop.tree.set('migrations/7.sql', files['migrations/7.sql'])
  expect(await find()).toMatchObject({ number: 7 })
})

test('another repository, and a branch that nobody protects, agree to nothing', async () => {
  github.repository('acme/other', 5)
  github.merge('acme/other', mergedPull(7, files, { from: 'acme/other' }))
  expect(await find()).toBeNull()
  merge()
  shop.isProtected = false
  expect(await find()).toBeNull()
})

const without = (value: Record<string, unknown>, key: string) => Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
const bent: readonly (readonly [string, (path: string) => boolean, (value: Record<string, unknown>) => unknown])[] = [
  ['a pull request without merged', (path) => path.endsWith('/pulls/7'), (pull) => without(pull, 'merged')],
  ['a pull request with merged as a text', (path) => path.endsWith('/pulls/7'), (pull) => ({ ...pull, merged: 'true' })],
  ['a pull request without an author', (path) => path.endsWith('/pulls/7'), (pull) => ({ ...pull, user: null })],
  ['another pull request', (path) => path.endsWith('/pulls/7'), (pull) => ({ ...pull, number: 70 })],
  ['a pull request of another repository', (path) => path.endsWith('/pulls/7'), (pull) => ({ ...pull, base: { ref: 'main', repo: { id: 1, full_name: 'mallory/shop' } } })],
  ['a branch without protection', (path) => path.includes('/branches/'), (branch) => without(branch, 'protected')],
  ['content of another encoding', (path) => path.includes('/contents/'), (file) => ({ ...file, encoding: 'none', content: '' })],
  ['content that is not of its hash', (path) => path.includes('/contents/'), (file) => ({ ...file, content: Buffer.from(`${text} ${hash} `).toString('base64') })],
  ['a directory', (path) => path.includes('/contents/'), (file) => [file]],
  ['a permission to read', (path) => path.includes('/collaborators/'), (found) => ({ ...found, permission: 'read' })],
  ['a permission of nobody', (path) => path.includes('/collaborators/'), (found) => without(found, 'user')],
  ['reviews that are no list', (path) => path.includes('/reviews'), () => ({ message: 'ok' })],
  ['a list that is none', (path) => path.includes('/pulls?'), () => ({ items: [] })],
  ['null', () => true, () => null],
]
test.each(bent)('%s in the answer agrees to nothing', async (_, where, bend) => {
  merge()
  // What GitHub would have said, bent.
  const straight = async (path: string) => (await (await fetch(`${github.api}${path}`, { headers: { 'x-straight': '1' } })).json()) as Record<string, unknown>
  github.state.replace = (path, response, request) => {
    if (request.headers['x-straight'] !== undefined || !where(path)) return false
    void straight(path).then((value) => send(response, 200, bend(value)))
    return true
  }
  expect(await find()).toBeNull()
  github.state.replace = null
  expect(await find()).toMatchObject({ number: 7 })
})

const failures: readonly (readonly [string, FakeGithub['state']['replace'], RegExp])[] = [
  ['404', (_, response) => { send(response, 404, { message: 'Not Found' }); return true }, /GitHub answered 404/],
  ['401', (_, response) => { send(response, 401, { message: 'Bad credentials' }); return true }, /GitHub answered 401/],
  ['500', (_, response) => { send(response, 500, { merged: true }); return true }, /GitHub answered 500/],
  ['silence', () => true, /nothing whole after 300 ms/],
  ['an answer that never ends', (_, response) => { response.writeHead(200).write('['); return true }, /nothing whole after 300 ms/],
  ['garbage', (_, response) => { response.writeHead(200).end('<html>'); return true }, /not JSON/],
  ['bytes that are no text', (_, response) => { response.writeHead(200).end(Buffer.from([0x22, 0xff, 0x22])); return true }, /could not be reached, or answered oddly|encoded/],
  ['a huge answer', (_, response) => { response.writeHead(200).end(Buffer.alloc(githubAnswerBytesMax + 1, ' ')); return true }, /githubAnswerBytesMax/],
  ['a broken connection', (_, response) => { response.destroy(); return true }, /./],
]
test.each(failures)('%s is no answer, and agrees to nothing', async (name, replace, why) => {
  merge()
  github.state.replace = replace
  const failure = await finder(name === 'silence' || name.includes('never') ? 300 : undefined)(wanted, Date.now()).catch((error: Error) => error)
  expect(failure).toBeInstanceOf(Error)
  expect((failure as Error).message).toMatch(why)
  expect(String((failure as Error).stack)).not.toContain(token)
})

test('a redirect is not followed, so that the token goes nowhere else', async () => {
  merge()
  const elsewhere = await startFakeGithub()
  elsewhere.repository('acme/shop')
  elsewhere.merge('acme/shop', mergedPull(7, files))
  github.state.replace = (path, response) => { response.writeHead(302, { location: `${elsewhere.api}${path}` }).end(); return true }
  await expect(find()).rejects.toThrow()
  expect(elsewhere.requests).toEqual([])
  await elsewhere.stop()
})

test('what did not change is asked for by its ETag, and the answer to that counts', async () => {
  merge()
  const same = finder()
  await same(wanted, Date.now())
  const before = github.requests.length
  expect(await same(wanted, Date.now())).toMatchObject({ number: 7 })
  const again = github.requests.slice(before)
  expect(again.length).toBeGreaterThan(4)
  expect(again.every(({ status, conditional, authorization }) => status === 304 && conditional && authorization === `Bearer ${token}`)).toBe(true)
})

test('a 304 that nobody asked for is no answer', async () => {
  merge()
  github.state.replace = (_, response) => { response.writeHead(304).end(); return true }
  await expect(find()).rejects.toThrow('GitHub answered 304')
})

test('when GitHub asks for a pause nothing is asked until it is over', async () => {
  let now = Date.now()
  const client = createGithubClient({ api: github.api, token: { reveal: () => token } }, { now: () => now })
  github.state.replace = (_, response) => { response.writeHead(403, { 'retry-after': '120' }).end('{}'); return true }
  await expect(client.get('/repos/acme/shop')).rejects.toThrow('GitHub answered 403')
  const asked = github.requests.length
  github.state.replace = null
  await expect(client.get('/repos/acme/shop/branches/main')).rejects.toThrow(/rate limit: paused until/)
  expect(github.requests.length).toBe(asked)
  now += 121_000
  expect(await client.get('/repos/acme/shop/branches/main')).toMatchObject({ protected: true })
  github.state.replace = (path, response) => { response.writeHead(200, { 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': String(Math.ceil(now / 1000) + 60) }).end(JSON.stringify({ path })); return true }
  await client.get('/repos/acme/shop')
  await expect(client.get('/repos/acme/shop')).rejects.toThrow(/paused/)
})
