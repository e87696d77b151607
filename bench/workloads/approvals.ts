// A session that waits for a human: how long after the decision its row count is there, in milliseconds. The decision comes by the
// API over a kept connection; its own answer is shown beside, for both begin when it is sent.
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { Client } from 'pg'
import { gateway, type GatewayTarget } from '../gateway-target.ts'
import { percentile } from '../measure.ts'
import type { Table } from '../table.ts'
import { isMissing } from '../target.ts'
import type { BenchContext } from './context.ts'

const columns = ['target', 'asked p50', 'asked p99', 'decision answered p50', 'row count p50', 'row count p99'] as const

export async function approvals(context: BenchContext): Promise<Table[]> {
  const { database, options, progress } = context
  const target = await gateway(database.address, await database.postgres.database('store_approvals'), 'approvals')
  if (isMissing(target)) {
    progress(target.missing)
    return []
  }
  try {
    progress('approvals')
    const runs = await measure(target, options.isQuick ? 50 : 300)
    const [asked, answered, resumed] = (['asked', 'answered', 'resumed'] as const).map((name) => runs.map((run) => run[name]))
    return [{
      name: 'approvals', title: 'a held update: until somebody is asked, and from the decision to its row count, ms', columns,
      rows: [[target.name, percentile(asked!, 0.5), percentile(asked!, 0.99), percentile(answered!, 0.5), percentile(resumed!, 0.5), percentile(resumed!, 0.99)]],
    }]
  } finally {
    await target.stop()
  }
}

/** Milliseconds from the statement to its notice, and from the decision to the API's answer and to the row count. */
interface Run { readonly asked: number; readonly answered: number; readonly resumed: number }

async function measure(target: GatewayTarget, times: number): Promise<Run[]> {
  const decider = await target.token('decider')
  const agent = new Agent({ keepAlive: true, ca: readFileSync(target.ca) })
  const client = new Client({ host: target.host, port: target.port, user: target.user, database: target.database, password: target.password })
  await client.connect()
  try {
    const runs: Run[] = []
    for (let i = 0; i < times; i++) runs.push(await once(client, i + 1, (id) => approve(`${target.api}/v1/approvals/${id}/decision`, decider, agent)))
    return runs
  } finally {
    agent.destroy()
    await client.end()
  }
}

async function once(client: Client, id: number, decide: (approval: string) => Promise<void>): Promise<Run> {
  const began = performance.now()
  const notice = new Promise<string>((done, failed) => {
    client.once('notice', ({ message }) => {
      const approval = /approval (ap_\w+)/.exec(message ?? '')?.[1]
      if (approval === undefined) failed(new Error(`a notice without an approval: ${message}`))
      else done(approval)
    })
  })
  const updated = client.query('update cells set c1 = $1 where id = $2', ['approved', id]).then(() => performance.now())
  const approval = await Promise.race([notice, updated.then(() => { throw new Error('the update did not wait') })])
  const decided = performance.now()
  const answered = decide(approval).then(() => performance.now())
  return { asked: decided - began, answered: (await answered) - decided, resumed: (await updated) - decided }
}

function approve(url: string, token: string, agent: Agent): Promise<void> {
  return new Promise((done, failed) => {
    const sent = request(url, { method: 'POST', agent, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } }, (response) => {
      response.resume().once('end', () => (response.statusCode === 200 ? done() : failed(new Error(`the decision was answered with ${response.statusCode}`))))
    })
    sent.once('error', failed)
    sent.end('{"decision":"approve"}')
  })
}
