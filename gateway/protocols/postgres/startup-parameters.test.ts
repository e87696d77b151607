import { expect, test } from 'vitest'
import { chooseStartup } from './startup-parameters.ts'

const choose = (parameters: Record<string, string>) => chooseStartup(new Map(Object.entries({ user: 'me', ...parameters })))

test('lets the usual settings of drivers through and forces what the gateway reads by', () => {
  const choice = choose({ application_name: 'psql', client_encoding: "'utf-8'", DateStyle: 'ISO', TimeZone: 'UTC', extra_float_digits: '2' })
  expect(choice).toMatchObject({ kind: 'accepted', applicationName: 'psql', wantsMaskNotices: false })
  expect(choice.kind === 'accepted' && Object.fromEntries(choice.upstream)).toEqual({
    application_name: 'psql', client_encoding: 'UTF8', datestyle: 'ISO', timezone: 'UTC', extra_float_digits: '2', standard_conforming_strings: 'on',
  })
})

test.each([
  [{ search_path: 'evil' }], [{ role: 'postgres' }], [{ session_authorization: 'postgres' }], [{ constructor: 'x' }], [{ replication: 'database' }],
  [{ options: '-c search_path=evil' }], [{ options: '--role=postgres' }], [{ options: '-csearch_path=x' }], [{ options: '-d 5' }], [{ options: '-c' }],
  [{ options: '-c\\ search_path=evil' }], [{ client_encoding: 'SJIS' }], [{ client_encoding: 'LATIN1' }], [{ standard_conforming_strings: 'off' }],
  [{ options: '-c client_encoding=BIG5' }], [{ SEARCH_PATH: 'x' }],
])('refuses %j', (parameters) => {
  expect(choose(parameters as Record<string, string>).kind).toBe('refused')
})

test('the app asks for mask notices through options, which do not go upstream', () => {
  const choice = choose({ options: '-c gatehouse.masks=on -c statement_timeout=5s' })
  expect(choice).toMatchObject({ kind: 'accepted', wantsMaskNotices: true })
  expect(choice.kind === 'accepted' && [...choice.upstream.keys()]).toEqual(['statement_timeout', 'client_encoding', 'standard_conforming_strings'])
})
