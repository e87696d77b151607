import { afterAll, describe, expect, test } from 'vitest'
import { statementBytesMax } from '../limits.ts'
import { createSqlAnalyzer, type Analysis } from './analyzer.ts'

const analyzer = createSqlAnalyzer()
afterAll(() => analyzer.dispose())

async function factsOf(text: string) {
  const analysis = await analyzer.analyze(text)
  if (analysis.kind !== 'facts') throw new Error(JSON.stringify(analysis))
  return analysis.facts
}

const isAtOnce = (found: Analysis | Promise<Analysis>): found is Analysis => !(found instanceof Promise)

describe('cache', () => {
  test('the same text is answered at once the second time, by the same object', async () => {
    const first = await factsOf('select 1 as one')
    const second = analyzer.analyze('select 1 as one')
    expect(isAtOnce(second) && second.kind === 'facts' && second.facts).toBe(first)
  })

  test('a text that differs only in irrelevant constants shares the object, and another order does not', async () => {
    const first = await factsOf('SELECT abalance FROM pgbench_accounts WHERE aid = 12345;')
    const second = analyzer.analyze('SELECT abalance FROM pgbench_accounts WHERE aid = 7;')
    expect(isAtOnce(second) && second.kind === 'facts' && second.facts).toBe(first)
    expect(await factsOf('SELECT bbalance FROM pgbench_accounts WHERE aid = 7;')).not.toBe(first)
  })

  test('texts of one form that are parsed at the same time share it too', async () => {
    const [a, b] = await Promise.all([factsOf('select x from t where y = 1'), factsOf('select x from t where y = 2')])
    expect(a).toBe(b)
  })

  test('a constant that matters is not shared', async () => {
    expect((await factsOf('delete from t where 1 = 1')).statements[0]?.accesses.map(({ kind }) => kind)).toContain('delete-without-where')
    expect((await factsOf("select set_config('timezone', 'UTC', false)")).statements[0]?.setsSearchPath).toBe(false)
    expect((await factsOf("select set_config('search_path', 'UTC', false)")).statements[0]?.setsSearchPath).toBe(true)
  })

  test('texts that differ in a constant only are answered at once, whatever their number', async () => {
    await factsOf('SELECT abalance FROM pgbench_accounts WHERE aid = 1;')
    const texts = Array.from({ length: 20_000 }, (_, at) => `SELECT abalance FROM pgbench_accounts WHERE aid = ${at};`)
    expect(texts.filter((text) => !isAtOnce(analyzer.analyze(text)))).toEqual([])
  })
})

describe('what is refused', () => {
  test('a syntax error gives PostgreSQL its message, and a position in bytes', async () => {
    expect(await analyzer.analyze("select 'é' frm t x")).toEqual({ kind: 'syntax-error', message: 'syntax error at or near "t"', position: 16 })
    expect(await analyzer.analyze("select 'x")).toMatchObject({ kind: 'syntax-error', position: 7 })
  })

  test('NUL, halves of surrogates, and a text over the cap never reach the parser', () => {
    expect(analyzer.analyze('select 1\0; drop table x')).toEqual({ kind: 'failed', reason: 'the statement holds a NUL character' })
    expect(analyzer.analyze("select '\ud800'")).toMatchObject({ kind: 'failed', reason: expect.stringContaining('Unicode') })
    expect(analyzer.analyze(`select '${'x'.repeat(statementBytesMax)}'`)).toMatchObject({ kind: 'failed', reason: expect.stringContaining('statementBytesMax') })
    expect(analyzer.analyze(`select '${'é'.repeat(statementBytesMax / 2)}'`)).toMatchObject({ kind: 'failed', reason: expect.stringContaining('statementBytesMax') })
  })

  test('more statements or columns than can be judged one by one are refused, and the parser lives on', async () => {
    for (const text of ['select 1;'.repeat(50_000), `select ${Array.from({ length: 50_000 }, (_, at) => `c${at}`).join(',')} from t`]) {
      expect(await analyzer.analyze(text)).toMatchObject({ kind: 'failed', reason: expect.stringContaining('factsEntriesMax') })
    }
    expect((await factsOf('select 1;'.repeat(500))).statements).toHaveLength(500)
  })

  test('an empty text is no statement', async () => {
    expect(await analyzer.analyze('')).toEqual({ kind: 'facts', facts: { kind: 'sql', statements: [] } })
    expect(await analyzer.analyze(' ; ')).toMatchObject({ kind: 'facts', facts: { statements: [] } })
  })
})

describe('deep nesting is decided or refused, and nothing else suffers', () => {
  const deep: readonly (readonly [string, string, 'facts' | 'failed' | 'either'])[] = [
    ['a sum of 12,000 terms', `select ${Array(12_000).fill('1').join('+')} from t`, 'facts'],
    ['5,000 parentheses', `select ${'('.repeat(5000)}1${')'.repeat(5000)} from t`, 'facts'],
    ['an AND of 12,000 terms', `delete from t where ${Array(12_000).fill('a = 1').join(' and ')}`, 'facts'],
    ['an OR of 12,000 terms', `delete from t where ${Array(12_000).fill('a = 1').join(' or ')}`, 'facts'],
    ['a union of 12,000 arms', `${Array(12_000).fill('select a from t').join(' union all ')}`, 'facts'],
    ['30,000 casts in a condition', `delete from t where a${'::b'.repeat(30_000)}`, 'facts'],
    ['a sum of 250,000 terms', `select ${Array(250_000).fill('1').join('+')} from t`, 'failed'],
    ['500,000 terms', `select ${Array(499_000).fill('1').join('+')}`, 'failed'],
    ['12,000 subqueries', `select ${'(select '.repeat(12_000)}1${')'.repeat(12_000)}`, 'failed'],
    ['12,000 array brackets', `select ${'array['.repeat(12_000)}1${']'.repeat(12_000)}`, 'failed'],
    ['50,000 joins', `select from ${Array(40_000).fill('t').join(' cross join ')}`, 'facts'],
    ['100,000 values', `insert into t values ${Array(100_000).fill('(1)').join(',')}`, 'facts'],
  ]
  test.each(deep)('%s', async (_name, text, expected) => {
    const [analysis, other] = await Promise.all([analyzer.analyze(text), analyzer.analyze(`select ${Math.random()} as other`)])
    expect(analysis.kind).toBe(expected)
    expect(other.kind).toBe('facts')
    if (analysis.kind === 'facts') expect(analysis.facts.statements[0]?.accesses.length).toBeGreaterThan(0)
    expect((await analyzer.analyze('select 1')).kind).toBe('facts')
  })

  test('a write below a deep expression is seen', async () => {
    const text = `with x as (delete from secret returning *) select ${Array(12_000).fill('1').join('+')} from x`
    expect((await factsOf(text)).statements[0]?.accesses).toContainEqual({ kind: 'delete', relation: { schema: null, name: 'secret' } })
  })
})

describe('a worker that misbehaves', () => {
  const fake = (body: string) => new URL(`data:text/javascript,${encodeURIComponent(`import { parentPort } from 'node:worker_threads'; parentPort.on('message', ({ text }) => { ${body} }); parentPort.postMessage('ready')`)}`)
  const facts = "parentPort.postMessage({ kind: 'facts', facts: { kind: 'sql', statements: [] }, form: null })"

  test('one that hangs is ended at the deadline; the queue goes on', async () => {
    const own = createSqlAnalyzer({ workersMax: 1, parseMs: 200, script: fake(`if (text === 'hang') for (;;); ${facts}`) })
    const [hung, next] = await Promise.all([own.analyze('hang'), own.analyze('fine')])
    expect(hung).toEqual({ kind: 'failed', reason: 'parsing took longer than parseMs (200 ms)' })
    expect(next.kind).toBe('facts')
    // A failure is not remembered: it may have been the machine's.
    expect(own.analyze('hang')).toBeInstanceOf(Promise)
    await own.dispose()
  })

  test('long texts that take their time never hold up a short one', async () => {
    const own = createSqlAnalyzer({ workersMax: 2, parseMs: 1000, script: fake(`if (text.startsWith('hang')) for (;;); ${facts}`) })
    await Promise.all([own.analyze('a'), own.analyze('b')])
    const hung = [1, 2, 3].map((at) => own.analyze(`hang ${at} ${' '.repeat(100_000)}`))
    let hangsOver = 0
    for (const one of hung) void Promise.resolve(one).then(() => { hangsOver++ })
    expect((await own.analyze('short')).kind).toBe('facts')
    expect(hangsOver).toBe(0)
    expect((await Promise.all(hung)).map(({ kind }) => kind)).toEqual(['failed', 'failed', 'failed'])
    await own.dispose()
  })

  test.each([['throws', "throw new Error('x')"], ['exits', 'process.exit(3)'], ['runs out of memory', 'const all = []; for (;;) all.push(new Array(100000).fill(text))'], ['overflows its stack', '(function deeper() { deeper() })()']])(
    'one that %s is replaced', async (_name, body) => {
      const own = createSqlAnalyzer({ workersMax: 1, parseMs: 20_000, script: fake(`if (text === 'bad') { ${body} } ${facts}`) })
      const [bad, next] = await Promise.all([own.analyze('bad'), own.analyze('fine')])
      expect(bad.kind).toBe('failed')
      expect(next.kind).toBe('facts')
      await own.dispose()
    })

  test('one that cannot start refuses what waits', async () => {
    const own = createSqlAnalyzer({ workersMax: 1, script: new URL("data:text/javascript,throw new Error('no')") })
    expect((await own.analyze('select 1')).kind).toBe('failed')
    await own.dispose()
  })

  test('after dispose everything is refused', async () => {
    const own = createSqlAnalyzer()
    const waiting = own.analyze('select 5 as five')
    await own.dispose()
    expect((await waiting).kind).toBe('failed')
    expect((await own.analyze('select 6 as six')).kind).toBe('failed')
  })
})
