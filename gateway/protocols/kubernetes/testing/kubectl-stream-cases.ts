// Cases that go on: logs, exec, cp, port-forward, watch, wait; and how they end with the token.
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import type { RunningKubectl } from '../../../testing/kubectl.ts'
import { until, type Case } from './kubectl-case.ts'
import { briefSeconds } from './kubectl-ground.ts'

const found = '[masked:aws-access-key]'

export const streamCases: readonly Case[] = [
  {
    name: 'logs, and logs -f as they are written', isShort: true, recorded: ({ namespace }) => [`/api/v1/namespaces/${namespace}/pods/box/log`], reached: [/^GET \S+\/pods\/box\/log\?\S*follow=true/],
    steps: [
      async (ground) => {
        const logs = await ground.start('logs -f box')
        await until(() => logs.stdout, (value) => expect(value).toContain(`access key ${found}`))
        const sofar = logs.stdout.length
        await until(() => logs.stdout.length, (value) => expect(value).toBeGreaterThan(sofar))
        logs.child.kill()
        await logs.ended
      },
      { line: 'logs box --tail=1', out: /^[^\n]+\n$/ },
    ],
  },
  {
    name: 'exec, with its output, its stdin and its exit code', isShort: true, reached: [/^\w+ \S+\/pods\/box\/exec\?/], recorded: () => ['exec-sentence'],
    steps: [
      { line: `exec box -- sh -c 'echo exec-sentence; echo problem >&2; exit 7'`, code: 7, out: /^exec-sentence\n$/, err: /^problem\n/ },
      { line: 'exec -i box -- cat', input: 'typed\n', out: /^typed\n$/ },
      async (ground) => {
        const { code, stdout } = await ground.run(`exec box -- sh -c 'echo -n AKIAIOSF; echo ODNN7EXAMPLE'`)
        expect([code, stdout]).toEqual([0, `${found}\n`])
        expect((await ground.run('exec box -- seq 100000')).stdout.length).toBe(588_895)
      },
      { line: 'exec box -- nosuch', code: 'some', err: /not found|no such file|executable/i },
    ],
  },
  {
    name: 'exec on a terminal', isShort: true, recorded: () => ['terminal-sentence'],
    steps: [async (ground) => {
      const terminal = await ground.start('exec -it box -- sh', { tty: true })
      await until(() => terminal.stdout, (value) => expect(value).toMatch(/[$#] ?$/))
      terminal.child.stdin!.write('echo terminal-$((1))sentence; hostname\r')
      await until(() => terminal.stdout, (value) => expect(value).toMatch(/box\r\n/))
      terminal.child.stdin!.write('echo terminal-sentence AKIAIOSF""ODNN7EXAMPLE\r')
      await until(() => terminal.stdout, (value) => expect(value).toContain(`\nterminal-sentence ${found}\r\n`))
      terminal.child.stdin!.write('exit 5\r')
      expect((await terminal.ended).code).toBe(5)
    }],
  },
  {
    name: 'cp in both directions', isShort: true, recorded: ({ namespace }) => [`/api/v1/namespaces/${namespace}/pods/box/exec`],
    steps: [
      { line: 'cp up.txt box:/tmp/up.txt', files: { 'up.txt': 'copied\n'.repeat(20_000) } },
      async (ground) => {
        const outcome = await ground.run('cp box:/tmp/up.txt down.txt')
        expect(outcome).toMatchObject({ code: 0 })
        expect(readFileSync(join(await ground.folder(), 'down.txt'), 'utf8')).toBe('copied\n'.repeat(20_000))
      },
    ],
  },
  {
    name: 'port-forward: to the port that a rule allows, and to no other', isShort: true, recorded: ({ namespace }) => [`/api/v1/namespaces/${namespace}/pods/box/portforward`],
    steps: [async (ground) => {
      const [web, other] = [await ground.start('port-forward pod/box :8080'), await ground.start('port-forward pod/box :5432')]
      expect(await httpGet(await portOf(web))).toMatch(/^HTTP 200|^HTTP 404/)
      expect(await httpGet(await portOf(web), 8_000)).toMatch(/^HTTP/)
      expect(await httpGet(await portOf(other))).toMatch(/hang up|ECONNRESET/)
      await until(() => other.stderr, (value) => expect(value).toMatch(/5432 was not forwarded: .*no rule allows/))
      web.child.kill()
      other.child.kill()
      await Promise.all([web.ended, other.ended])
    }],
  },
  {
    name: 'watch, every event masked', isShort: true, reached: [/^GET \S+\/configmaps\?\S*watch=true/], recorded: ({ namespace }) => [`/api/v1/namespaces/${namespace}/configmaps?`],
    steps: [async (ground) => {
      // A list: of one object kubectl drops the first event, which may be the change.
      const watch = await ground.start('get cm -w --field-selector metadata.name=flags --output-watch-events -o jsonpath={.type}:{.object.data}')
      await until(() => watch.stdout, (value) => expect(value).toContain('ADDED:'))
      await ground.admin(`patch cm flags --type=merge -p '{"data":{"shade":"dark","leak":"AKIAIOSFODNN7EXAMPLE"}}'`)
      await until(() => watch.stdout, (value) => expect(value).toMatch(/MODIFIED:\{.*"shade":"dark"/))
      expect(watch.stdout).toContain(`"leak":"${found}"`)
      expect(watch.stdout).toContain('"password":"[masked]"')
      watch.child.kill()
      await watch.ended
    }],
  },
  {
    name: 'wait',
    steps: [
      { line: 'wait --for=condition=Ready pod/box --timeout=10s', out: /condition met/ },
      async (ground) => {
        const waiting = await ground.start('wait --for=delete pod/spare --timeout=20s')
        // Once it watches; a real cluster does not tell.
        if (ground.reached() === null) await pause(2_000)
        else await until(() => ground.reached()!.some(({ target }) => /watch=true/.test(target) && target.includes('spare')), (value) => expect(value).toBe(true))
        await ground.admin('delete pod spare --wait=false')
        expect(await waiting.ended).toMatchObject({ code: 0, stderr: '' })
      },
      { line: 'wait --for=condition=Never pod/box --timeout=1s', code: 1, err: /timed out waiting/ },
    ],
  },
  {
    name: 'expired: what is open ends with the token, what comes after is refused', isShort: true,
    steps: [async (ground) => {
      const before = Date.now()
      const who = 'tim'
      const running = await Promise.all(['get pods -w -o name', 'logs -f box', `exec box -- sh -c 'echo begun; sleep 60'`, 'port-forward pod/box :8080'].map((line) => ground.start(line, { who })))
      const [watch, logs, exec, forward] = running as [RunningKubectl, RunningKubectl, RunningKubectl, RunningKubectl]
      // kubectl takes the end of a watch for a good one, whatever the reason that comes with it.
      expect(await watch.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('pod/box') as string })
      expect((await logs.ended).stdout).toContain('access key')
      expect(await exec.ended).toMatchObject({ stdout: 'begun\n', stderr: expect.stringMatching(/token|expired|session/) as string })
      expect((await exec.ended).code).not.toBe(0)
      // 1.20 takes it for a good end.
      expect((await forward.ended).code === 0).toBe(ground.kubectl.minor <= 20)
      expect(Date.now() - before).toBeLessThan((briefSeconds + 6) * 1_000)
      const after = await ground.run('get pods', { who })
      expect([after.code, after.stderr]).toEqual([1, expect.stringMatching(/expired/)])
    }],
  },
  {
    name: 'a policy that no longer allows it ends a watch and a log', recorded: () => ['denied by rule closed (policy later'],
    steps: [async (ground) => {
      const [watch, logs] = [await ground.start('get secrets -w -o name'), await ground.start('logs -f box')]
      await until(() => watch.stdout, (value) => expect(value).toContain('secret/db'))
      await until(() => logs.stdout, (value) => expect(value).toContain('access key'))
      const name = `later-${ground.namespace}`
      ground.world.gateway.writePolicy(name, `policy: ${name}\nconnections: [cluster]\nrules:\n  - { id: closed, who: everyone, deny: { kubernetes: [watch, get], resources: [secrets, pods/log], namespaces: [${ground.namespace}] } }\n`)
      expect(await watch.ended).toMatchObject({ code: 0 })
      await logs.ended
      expect(await ground.run('get secret db')).toMatchObject({ code: 1, stderr: expect.stringMatching(/denied by rule closed/) as string })
    }],
  },
]

export async function portOf(run: RunningKubectl): Promise<number> {
  const port = () => /127\.0\.0\.1:(\d+) ->/.exec(run.stdout)?.[1]
  await until(port, (value) => expect(value).toBeDefined())
  return Number(port())
}

/** `HTTP <status>`, or why there is none. */
function httpGet(port: number, bytes = 0): Promise<string> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/', method: bytes === 0 ? 'GET' : 'POST', agent: false }, (answer) => {
      answer.resume().on('end', () => resolve(`HTTP ${answer.statusCode}`)).on('error', (error) => resolve(String(error)))
    })
    asked.on('error', (error) => resolve(String(error))).end(bytes === 0 ? undefined : 'x'.repeat(bytes))
  })
}
