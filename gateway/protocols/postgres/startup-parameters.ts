// Which run-time settings a client may bring in its startup packet. An allow list: search_path, role and the like at startup
// have opened poolers before (CVE-2025-12819). The encoding is UTF8 and strings are standard, for our parser judges those.
import { isReasonSetting, reasonOf } from './reason.ts'

export type StartupChoice =
  | {
      readonly kind: 'accepted'
      readonly upstream: ReadonlyMap<string, string>
      readonly applicationName: string
      /** The client asked to be told which columns are masked (`options=-c gatehouse.masks=on`). */
      readonly wantsMaskNotices: boolean
      /** What the client says its commands are for (`options=-c gatehouse.reason=INC-42`); who approves them reads it. */
      readonly purpose: string | null
    }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }

/** Setting (lower case) → whether a value is allowed. */
const settings: Readonly<Record<string, (value: string) => boolean>> = {
  application_name: () => true,
  client_encoding: (value) => /^'?utf-?8'?$|^unicode$/i.test(value),
  datestyle: () => true,
  intervalstyle: () => true,
  timezone: () => true,
  extra_float_digits: () => true,
  bytea_output: () => true,
  statement_timeout: () => true,
  lock_timeout: () => true,
  idle_in_transaction_session_timeout: () => true,
  default_transaction_read_only: () => true,
  default_transaction_isolation: () => true,
  standard_conforming_strings: (value) => /^(on|true|yes|1)$/i.test(value),
  jit: () => true,
  geqo: () => true,
  fallback_application_name: () => true,
}

/** Set for every session: what the gateway's reading of bytes rests on. */
const forced: readonly (readonly [string, string])[] = [['client_encoding', 'UTF8'], ['standard_conforming_strings', 'on']]

export function chooseStartup(parameters: ReadonlyMap<string, string>): StartupChoice {
  const wanted = new Map<string, string>()
  let wantsMaskNotices = false
  let purpose: string | null = null
  for (const [name, value] of parameters) {
    if (name === 'user' || name === 'database') continue
    if (name === 'replication') {
      if (/^(off|false|no|0)$/i.test(value)) continue
      return refused('0A000', 'replication is not available through Gatehouse')
    }
    if (name !== 'options') {
      wanted.set(name, value)
      continue
    }
    const options = parseOptions(value)
    if (options === null) return refused('22023', 'options must be a list of -c name=value; nothing else is taken')
    for (const [option, given] of options) {
      if (option === 'gatehouse.masks') wantsMaskNotices = given === 'on'
      else if (isReasonSetting(option)) purpose = reasonOf(given)
      else wanted.set(option, given)
    }
  }
  const upstream = new Map<string, string>()
  for (const [name, value] of wanted) {
    const key = name.toLowerCase()
    const allows = Object.hasOwn(settings, key) ? settings[key]! : undefined
    if (allows === undefined) return refused('42501', `the startup parameter "${name.slice(0, 60)}" is not allowed through Gatehouse`)
    if (!allows(value)) return refused('22023', `the startup parameter ${key} may not be "${value.slice(0, 60)}": Gatehouse speaks UTF8 and standard strings`)
    if (key === 'fallback_application_name') {
      if (!wanted.has('application_name')) upstream.set('application_name', value)
    } else upstream.set(key, value)
  }
  for (const [name, value] of forced) upstream.set(name, value)
  return { kind: 'accepted', upstream, applicationName: upstream.get('application_name') ?? '', wantsMaskNotices, purpose }
}

function refused(code: string, message: string): StartupChoice {
  return { kind: 'refused', code, message }
}

/** `-c name=value`, `--name=value`; a backslash keeps the next character (pg_split_opts). Null: anything else. */
function parseOptions(text: string): readonly (readonly [string, string])[] | null {
  const words = [...text.matchAll(/(?:\\[\s\S]|[^\s\\])+/g)].map(([word]) => word.replaceAll(/\\([\s\S])/g, '$1'))
  const options: (readonly [string, string])[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    const setting = word === '-c' ? words[++i] : word.startsWith('--') ? word.slice(2).replaceAll('-', '_') : word.startsWith('-c') ? word.slice(2) : undefined
    const match = setting === undefined ? null : /^([A-Za-z_][\w.]*)=(.*)$/s.exec(setting)
    if (match === null) return null
    options.push([match[1]!, match[2]!])
  }
  return options
}
