// Where a gateway's CPU went: `node bench/profile.ts FILE.cpuprofile` prints the functions that took most, by their own time.
// Profiles come from `GATEHOUSE_BENCH_PROFILES=DIR npm run bench -- …`.
import { readFileSync } from 'node:fs'

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number } }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const [file, count = '40'] = process.argv.slice(2)
if (file === undefined) {
  process.stderr.write('usage: node bench/profile.ts FILE.cpuprofile [HOW MANY]\n')
  process.exit(1)
}
const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile
const names = new Map(profile.nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [id, `${functionName || '(anonymous)'} ${url.split('/').slice(-3).join('/')}:${lineNumber + 1}`]))
const own = new Map<string, number>()
let busy = 0
profile.samples.forEach((id, i) => {
  const name = names.get(id) ?? '?'
  if (name.startsWith('(idle)')) return
  const micros = profile.timeDeltas[i] ?? 0
  busy += micros
  own.set(name, (own.get(name) ?? 0) + micros)
})
for (const [name, micros] of [...own].toSorted((a, b) => b[1] - a[1]).slice(0, Number(count))) {
  process.stdout.write(`${(micros / busy * 100).toFixed(1).padStart(5)} %  ${name}\n`)
}
