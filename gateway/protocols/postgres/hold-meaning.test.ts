import { afterAll, describe, expect, test } from 'vitest'
import type { SqlFacts } from '../../../shared/command.ts'
import type { Decision } from '../../pipeline/access.ts'
import { createSqlAnalyzer } from '../../sql/analyzer.ts'
import { Settings, valuesOf } from './hold-meaning.ts'

const analyzer = createSqlAnalyzer()
afterAll(() => analyzer.dispose())

async function note(settings: Settings, text: string, runsCode = false): Promise<string> {
  const analysis = await analyzer.analyze(text)
  if (analysis.kind !== 'facts') throw new Error(`${text} cannot be analysed`)
  // Settings look at nothing else of a decision.
  settings.note(text, { facts: analysis.facts satisfies SqlFacts, runsCode } as Decision)
  return settings.trail
}

const settings = (session = 's1', startup: Record<string, string> = {}) => new Settings(session, new Map(Object.entries(startup)))

describe('what a session has set', () => {
  test.each(['select 1', 'update t set a = 1', 'begin', 'show datestyle', 'prepare p as select 1', 'select current_setting($$role$$)'])('%s changes nothing', async (text) => {
    const own = settings()
    expect(await note(own, text)).toBe(settings().trail)
  })

  test.each(["set datestyle = 'German'", 'set role admin', 'reset all', 'set local search_path = x', 'set session authorization bob', 'begin; set timezone = 0; commit'])('%s makes another, the same in every session', async (text) => {
    const [own, other] = [settings('s1'), settings('s2')]
    expect(await note(own, text)).not.toBe(settings().trail)
    expect(await note(other, text)).toBe(own.trail)
  })

  test.each(["select set_config('role', 'admin', false)", "update pg_settings set setting = 'x' where name = 'role'"])('%s makes one that no other session has', async (text) => {
    const [own, other] = [settings('s1'), settings('s2')]
    await note(own, text)
    expect(own.trail).not.toBe(settings().trail)
    expect(await note(other, text)).not.toBe(own.trail)
  })

  test('code that nobody sees makes one that no other session has', async () => {
    const [own, other] = [settings('s1'), settings('s2')]
    expect(await note(own, 'select f()', true)).not.toBe(await note(other, 'select f()', true))
  })

  test('the order counts, and what came with the startup packet; the name of the application does not', async () => {
    const [own, other] = [settings(), settings()]
    await note(own, "set datestyle = 'German'")
    await note(own, 'set role admin')
    await note(other, 'set role admin')
    await note(other, "set datestyle = 'German'")
    expect(own.trail).not.toBe(other.trail)
    expect(settings('s1', { datestyle: 'German' }).trail).not.toBe(settings().trail)
    expect(settings('s1', { application_name: 'psql' }).trail).toBe(settings().trail)
  })
})

test.each([
  ["set idle_in_transaction_session_timeout = '5s'", 5_000], ['set idle_in_transaction_session_timeout to 90', 90], ["set local idle_in_transaction_session_timeout = '2 min'", 120_000],
  ['set idle_in_transaction_session_timeout = 0', 0], ['set idle_in_transaction_session_timeout = default', null],
])('%s: %s ms', async (text, expected) => {
  const own = settings()
  await note(own, text)
  expect(own.timeouts.get('idle_in_transaction_session_timeout')).toBe(expected)
})

test('values carry their types as far as they are known, and their formats', () => {
  const bind = { portal: '', statement: '', parameters: [Buffer.from('a'), null], parameterFormats: [1], resultFormats: [] }
  expect(valuesOf(bind, Buffer.from([0, 0, 0, 25]))).toEqual([{ value: Buffer.from('a'), typeOid: 25, format: 1 }, { value: null, typeOid: 0, format: 1 }])
})
