// What a person at a terminal reads when the demo is up.
import { join } from 'node:path'
import type { Stack } from './stack.ts'
import { sampleUsers } from './users.ts'

export function summary({ ready, data }: Stack): string {
  const people = sampleUsers.map(({ name, password, role, may }) => `    ${name.padEnd(6)}${password.padEnd(12)}${role}: ${may}`)
  const app = ready.app === null ? [] : [`  Open        ${ready.app}`, '              (this address lets in one browser, once)', '']
  const ca = ready.ca === null ? '' : `GATEHOUSE_CA=${shellWord(ready.ca)} `
  return `${['',
    '  Gatehouse is ready.', '',
    ...app,
    '  Sign in as one of these (one click; or name and password):', ...people, '',
    '  With psql   open shop in the app and choose "Connect with psql", or:',
    `              ${ca}npx gatehouse login --gateway ${ready.api} && npx gatehouse connect shop`, '',
    '  With kubectl  the sample cluster, in a terminal of the app, or:',
    `              ${ca}npx gatehouse login --gateway ${ready.api} && npx gatehouse kubectl cluster -- get pods -n shop`, '',
    '  Two people  (Eli asks, Otto approves) an app of its own for the second:',
    `              XDG_CONFIG_HOME=${shellWord(join(data, 'second'))} ${ca}npx gatehouse app --browser --gateway ${ready.api}`, '',
    `  Yours       ${join(data, 'gateway.yaml')} and ${join(data, 'policies')}`, '',
    '  Ctrl-C stops everything; the data stays for the next start.', '',
  ].join('\n')}\n`
}

/** As a POSIX shell takes it back. */
const shellWord = (text: string) => /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
