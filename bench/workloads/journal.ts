// The write-ahead on its own: what a record costs by a write on the loop, by the thread pool and by a writer thread, on a quiet disk and
// on one that another process keeps busy. docs/adr/0002 rests on this table.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fdatasync, mkdtempSync, openSync, rmSync, write, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { percentile } from '../measure.ts'
import type { BenchOptions } from '../options.ts'
import type { Table } from '../table.ts'

/** What eight sessions record in one turn, and how many such turns a busy gateway has in a second. */
const batch = Buffer.alloc(600, 7)
const batchesPerSecond = 4_000

type Writer = (fd: number) => { write(): Promise<void> | undefined; stop(): void }

const writers: Readonly<Record<string, Writer>> = {
  'write on the loop': (fd) => ({ write: () => void writeSync(fd, batch), stop: () => {} }),
  'thread pool': (fd) => ({
    write: () => new Promise<void>((resolve, reject) => { write(fd, batch, 0, batch.length, null, (error) => (error === null ? resolve() : reject(error))) }),
    stop: () => {},
  }),
  'writer thread': threadWriter,
}

function threadWriter(fd: number) {
  const memory = new SharedArrayBuffer(64 * 1024)
  const state = new Int32Array(memory, 0, 3)
  const data = Buffer.from(memory, 64)
  const worker = new Worker(`
    const { workerData: { memory, fd } } = require('node:worker_threads')
    const { writeSync } = require('node:fs')
    const state = new Int32Array(memory, 0, 3), data = Buffer.from(memory, 64)
    for (let seen = 0; ;) {
      Atomics.wait(state, 0, seen)
      seen = Atomics.load(state, 0)
      if (seen < 0) break
      writeSync(fd, data, 0, state[1])
      Atomics.store(state, 2, seen)
      Atomics.notify(state, 2)
    }`, { eval: true, workerData: { memory, fd } })
  worker.unref()
  let count = 0
  return {
    async write() {
      batch.copy(data)
      state[1] = batch.length
      Atomics.store(state, 0, ++count)
      Atomics.notify(state, 0)
      while (Atomics.load(state, 2) !== count) {
        const waiting = Atomics.waitAsync(state, 2, count - 1)
        if (waiting.async) await waiting.value
      }
    },
    stop() {
      Atomics.store(state, 0, -1)
      Atomics.notify(state, 0)
    },
  }
}

export async function journal(options: BenchOptions, progress: (text: string) => void): Promise<Table[]> {
  // Not the temporary folder, which is memory on many machines.
  const folder = mkdtempSync(join(process.env['GATEHOUSE_BENCH_DIR'] ?? '/var/tmp', 'gatehouse-bench-'))
  const rows: (string | number)[][] = []
  try {
    for (const isBusy of [false, true]) {
      const stop = isBusy ? keepBusy(folder) : async () => {}
      for (const [name, writer] of Object.entries(writers)) {
        progress(`journal: ${name}, ${isBusy ? 'busy' : 'quiet'} disk`)
        const { waits, stalls } = await measure(join(folder, 'journal'), writer, options.seconds * options.rounds * 1000)
        rows.push([isBusy ? 'busy' : 'quiet', name, percentile(waits, 0.5) * 1000, percentile(waits, 0.99) * 1000, percentile(waits, 0.999) * 1000, percentile(waits, 1), percentile(stalls, 1)])
      }
      await stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return [{
    name: 'journal', title: `${batchesPerSecond} batches of ${batch.length} bytes a second, fdatasync every second: how long each waits, how long the loop stands still`,
    columns: ['disk', 'writer', 'p50 µs', 'p99 µs', 'p99.9 µs', 'max ms', 'loop max ms'], rows,
  }]
}

async function measure(path: string, writer: Writer, forMs: number): Promise<{ readonly waits: number[]; readonly stalls: number[] }> {
  const fd = openSync(path, 'a', 0o600)
  const { write: record, stop } = writer(fd)
  const waits: number[] = []
  const stalls: number[] = []
  let ticked = performance.now()
  const ticks = setInterval(() => {
    const now = performance.now()
    stalls.push(now - ticked - 2)
    ticked = now
  }, 2)
  const syncs = setInterval(() => fdatasync(fd, () => {}), 1_000)
  const began = performance.now()
  for (let done = 0; performance.now() - began < forMs; await turn()) {
    for (const due = (performance.now() - began) / 1000 * batchesPerSecond; done < due; done++) {
      const asked = performance.now()
      const written = record()
      if (written !== undefined) await written
      waits.push(performance.now() - asked)
    }
  }
  clearInterval(ticks)
  clearInterval(syncs)
  stop()
  await new Promise((resolve) => { fdatasync(fd, resolve) })
  closeSync(fd)
  return { waits, stalls }
}

/** Another process that writes as much as the disk takes. */
function keepBusy(folder: string): () => Promise<void> {
  const child = spawn('sh', ['-c', `while :; do dd if=/dev/zero of='${join(folder, 'big')}' bs=1M count=2000 conv=fsync || exit; done`], { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  // The pipe closes when the last process that holds it has ended: then nothing is written any more.
  const ended = once(child.stderr.resume(), 'close')
  return async () => {
    if (child.pid !== undefined) process.kill(-child.pid)
    await ended
  }
}
