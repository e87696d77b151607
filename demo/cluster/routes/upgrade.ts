// exec, attach and portforward: which pod and container, what runs there, and over to the streams that carry it.
import { setTimeout as sleep } from 'node:timers/promises'
import { isTrue, type Call } from '../call.ts'
import { at, listAt, numberAt, textAt, type KubeObject } from '../objects.ts'
import type { Containers } from '../pods/container.ts'
import { commandNamed } from '../shell/commands.ts'
import { Exit, type Container, type Context } from '../shell/context.ts'
import { isShell, runWords } from '../shell/shell.ts'
import { runOnTerminal, runTerminalShell } from '../shell/terminal.ts'
import { ApiError, badRequest, noSuchPath, notFound } from '../status.ts'
import { echoPort } from '../streams/echo-port.ts'
import type { ShellRun, StreamUse } from '../streams/types.ts'
import { targetOf } from '../target.ts'
import type { World } from '../world.ts'
import { containerOf } from './log.ts'

export function streamUseOf(world: World, containers: Containers, { path, query }: Call): StreamUse {
  const target = targetOf(path)
  if (target.kind !== 'resource' || target.resource.plural !== 'pods' || target.name === undefined) throw noSuchPath()
  const { resource, namespace, name, subresource } = target
  const pod = world.store.get(resource, namespace, name)
  if (!pod) throw notFound(resource, name)
  if (subresource !== 'exec' && subresource !== 'attach' && subresource !== 'portforward') throw noSuchPath()
  if (textAt(pod, 'status', 'phase') !== 'Running') throw badRequest(`cannot ${subresource} into a container in a completed pod; current phase is ${textAt(pod, 'status', 'phase')}`)
  if (subresource === 'portforward') return { kind: 'portforward', ports: query.getAll('ports').flatMap((ports) => ports.split(',')).map(Number), open: openPort(pod) }

  const container = containerOf(pod, query.get('container'))
  const argv = subresource === 'exec' ? query.getAll('command') : []
  if (subresource === 'exec' && argv.length === 0) throw new ApiError(400, 'BadRequest', 'you must specify at least one command for the container')
  const flags = { tty: isTrue(query.get('tty')), stdin: isTrue(query.get('stdin')), stdout: isTrue(query.get('stdout')), stderr: isTrue(query.get('stderr')) }
  const run = subresource === 'exec' ? (shell: ShellRun) => exec(containers.of(pod, container), shell) : (shell: ShellRun) => attach(world, pod, { container, shell })
  return { kind: subresource, argv, ...flags, run }
}

function openPort(pod: KubeObject): Extract<StreamUse, { kind: 'portforward' }>['open'] {
  const ports = listAt(pod, 'spec', 'containers').flatMap((container) => listAt(container, 'ports').map((port) => numberAt(port, 'containerPort') ?? 0))
  return (port) => ports.includes(port) ? echoPort(`this is port ${port} of ${pod.metadata.name}`) : null
}

async function exec(container: Container, { argv, tty, stdin, stdout, stderr, signal }: ShellRun): Promise<number> {
  const [name = ''] = argv
  if (!isShell(name) && !commandNamed(name)) throw new Error(`error executing command in container: failed to exec in container: exec: "${name}": executable file not found in $PATH`)
  // A terminal has one output, and its lines end in carriage return and newline.
  const cooked = (chunk: string | Buffer) => typeof chunk === 'string' ? chunk.replaceAll('\n', '\r\n') : Buffer.from(chunk.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')
  const context: Context = {
    container, state: { folder: '/', lastCode: 0, env: new Map(container.env) }, stdin, signal,
    out: (chunk) => { stdout.write(tty ? cooked(chunk) : chunk) }, err: (text) => { (tty ? stdout : stderr).write(tty ? cooked(text) : text) },
  }
  const isInteractive = tty && isShell(name) && !argv.some((arg) => /^-\w*c$/.test(arg))
  try {
    if (isInteractive) return await runTerminalShell(context)
    return tty ? await runOnTerminal(context, (inner) => runWords(inner, argv)) : await runWords(context, argv)
  } catch (error) {
    if (error instanceof Exit) return error.code
    throw error
  }
}

/** To the container's own process: what it writes from now on, until the client or the pod goes. */
async function attach({ logs, store, stopping }: World, pod: KubeObject, { container, shell }: { readonly container: string; readonly shell: ShellRun }): Promise<number> {
  const gone = new AbortController()
  const key = { podUid: pod.metadata.uid, container }
  const ends = [
    logs.follow(key, ({ text }) => { shell.stdout.write(`${text}${shell.tty ? '\r\n' : '\n'}`) }),
    store.onChange(({ type, object }) => { if (type === 'DELETED' && object.metadata.uid === key.podUid) gone.abort() }),
  ]
  shell.stdin.on('data', (chunk: Buffer) => { if (shell.tty && chunk.includes(3)) gone.abort() })
  await sleep(2 ** 31 - 1, undefined, { signal: AbortSignal.any([shell.signal, gone.signal, stopping]), ref: false }).catch(() => undefined)
  for (const end of ends) end()
  return at(pod, 'metadata', 'deletionTimestamp') === undefined ? 0 : 137
}
