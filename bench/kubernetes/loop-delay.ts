// For a gateway of the bench: how long its loop works before it comes to a timer that is due, which is what any other session of any protocol
// feels. Counted in CPU time of the loop's own thread, so that what else the machine does is not in it. At SIGUSR2 one line of JSON on
// stderr, and the count begins anew.
export interface LoopDelay { readonly p50: number; readonly p99: number; readonly max: number }

let worked: number[] = []
let before = process.threadCpuUsage()
setInterval(() => {
  const now = process.threadCpuUsage()
  worked.push((now.user + now.system - before.user - before.system) / 1_000)
  before = now
}, 1).unref()

process.on('SIGUSR2', () => {
  const sorted = worked.toSorted((one, other) => one - other)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  const said: LoopDelay = { p50: at(0.5), p99: at(0.99), max: at(1) }
  process.stderr.write(`${JSON.stringify({ loopDelay: said })}\n`)
  worked = []
})
