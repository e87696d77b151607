// For a gateway of the bench: how long its loop keeps a timer waiting, which is what any other session of any protocol feels. At SIGUSR2
// one line of JSON on stderr, and the count begins anew.
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface LoopDelay { readonly p50: number; readonly p99: number; readonly max: number }

const delays = monitorEventLoopDelay({ resolution: 1 })
delays.enable()
process.on('SIGUSR2', () => {
  const ms = (nanoseconds: number) => nanoseconds / 1e6
  const said: LoopDelay = { p50: ms(delays.percentile(50)), p99: ms(delays.percentile(99)), max: ms(delays.max) }
  process.stderr.write(`${JSON.stringify({ loopDelay: said })}\n`)
  delays.reset()
})
