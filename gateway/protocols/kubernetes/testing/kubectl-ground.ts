// Where one kubectl stands for one run of the cases: a namespace of its own with what the cases are about, people, and all that it has said.
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RequestSeen } from '../../../../demo/cluster/request-log.ts'
import { kubectlHome, type Kubectl, type KubectlHome, type KubectlOptions, type KubectlOutcome, type RunningKubectl } from '../../../testing/kubectl.ts'
import type { KubectlWorld } from './kubectl-world.ts'

/** eli works, cleo deletes much, pia sees what is masked, tim's token ends soon. */
export const people = { eli: ['engineers'], cleo: ['engineers', 'cleaners'], pia: ['engineers', 'privacy'], tim: ['engineers'] } as const
export type Who = keyof typeof people
export const briefSeconds = 12

export interface Person { readonly token: string; readonly namespace: string }

/** How kubectl reaches the gateway. */
export interface Way {
  readonly name: string
  kubeconfig(world: KubectlWorld, person: Person): Promise<{ readonly text: string; dispose(): Promise<void> }>
}

export interface Ground {
  readonly world: KubectlWorld
  readonly kubectl: Kubectl
  readonly namespace: string
  /** Another one, with nothing but ConfigMaps to be deleted. */
  readonly many: string
  /** What must be nowhere but at pia's and in the cluster. */
  readonly sentinels: Readonly<Record<'secret' | 'config' | 'key', string>>
  run(line: string, options?: KubectlOptions & { readonly who?: Who }): Promise<KubectlOutcome>
  start(line: string, options?: KubectlOptions & { readonly who?: Who }): Promise<RunningKubectl>
  /** Straight to the cluster; throws when it fails. */
  admin(line: string, options?: KubectlOptions): Promise<string>
  /** Into the home of who; its name. */
  write(name: string, text: string, who?: Who): Promise<string>
  folder(who?: Who): Promise<string>
  /** Since the last call of forget(): what reached the cluster in our namespaces; null: a real cluster does not tell. */
  reached(): readonly RequestSeen[] | null
  forget(): void
  /** All that everybody but pia has heard. */
  heard(): string
  dispose(): Promise<void>
}

/** At spaces; what is in single quotes is one word. */
export const words = (line: string): readonly string[] => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)

export async function startGround(world: KubectlWorld, way: Way, kubectl: Kubectl): Promise<Ground> {
  const tag = `${way.name}-${kubectl.minor}`
  const [namespace, many] = [`${world.prefix}-${tag}`, `${world.prefix}-${tag}-many`]
  const sentinels = { secret: `secret-${randomBytes(6).toString('hex')}`, config: `config-${randomBytes(6).toString('hex')}`, key: 'AKIAIOSFODNN7EXAMPLE' }
  const homes = new Map<Who, Promise<{ readonly home: KubectlHome; dispose(): Promise<void> }>>()
  const runs: { readonly who: Who; readonly run: RunningKubectl }[] = []
  let from = 0

  const homeOf = (who: Who) => {
    const known = homes.get(who)
    if (known !== undefined) return known
    const made = world.token({ sub: `${who}-${tag}`, groups: people[who], expiresInSeconds: who === 'tim' ? briefSeconds : 900 }).then((token) => way.kubeconfig(world, { token, namespace }))
      .then(({ text, dispose }) => ({ home: kubectlHome(kubectl, text), dispose }))
    homes.set(who, made)
    return made
  }
  const start: Ground['start'] = async (line, { who = 'eli', ...options } = {}) => {
    const { home } = await homeOf(who)
    const run = home.start(words(line), options)
    runs.push({ who, run })
    return run
  }
  const admin: Ground['admin'] = async (line, options) => {
    const { code, stdout, stderr } = await world.admin.run(line.startsWith('apply') ? words(line) : ['-n', namespace, ...words(line)], options)
    if (code !== 0) throw new Error(`kubectl ${line}, straight: ${code}\n${stdout}${stderr}`)
    return stdout
  }
  const folder: Ground['folder'] = async (who = 'eli') => (await homeOf(who)).home.folder
  await admin('apply -f -', { input: estate(namespace, many, sentinels) })
  await admin('wait --for=condition=Ready pod/box --timeout=60s', { timeoutMs: 70_000 })
  return {
    world, kubectl, namespace, many, sentinels, start, admin, folder,
    run: async (line, options) => (await start(line, options)).ended,
    write: async (name, text, who) => {
      writeFileSync(join(await folder(who), name), text)
      return name
    },
    reached: () => world.reached()?.slice(from).filter(({ target }) => target.includes(namespace)) ?? null,
    forget: () => { from = world.reached()?.length ?? 0 },
    heard: () => runs.filter(({ who }) => who !== 'pia').map(({ run }) => `${run.stdout}\n${run.stderr}`).join('\n'),
    async dispose() {
      const all = await Promise.allSettled(homes.values())
      for (const one of all) if (one.status === 'fulfilled') { await one.value.home.dispose(); await one.value.dispose() }
    },
  }
}

const image = process.env['GATEHOUSE_TEST_IMAGE'] || 'busybox:1.36'

/** `app: worker` is what the demo's pods of that name write; a real one runs the command. */
function pod(name: string, namespace: string, key: string): object {
  const command = ['sh', '-c', `httpd -p 8080; while :; do echo "at work"; echo "s3 client using access key ${key}"; sleep 1; done`]
  return {
    apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels: { app: 'worker' } },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image, command, ports: [{ containerPort: 8080 }] }] },
  }
}

function estate(namespace: string, many: string, { secret, config, key }: Ground['sentinels']): string {
  const configMap = (name: string, data: object, where = namespace) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: where }, data })
  const data = { password: Buffer.from(secret).toString('base64'), user: Buffer.from('shop').toString('base64') }
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: many } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace }, type: 'Opaque', data },
    configMap('flags', { colour: 'blue', password: config }), configMap('held-one', { colour: 'blue' }), configMap('tried-one', { colour: 'blue' }), configMap('precious', { colour: 'blue' }),
    ...['brief', 'doomed', 'spared', 'left', 'twice', 'temporary'].map((name) => configMap(name, { colour: 'blue' })),
    ...['a', 'b', 'c', 'd'].map((name) => configMap(name, { colour: 'blue' }, many)),
    pod('box', namespace, key), pod('spare', namespace, key),
  ]
  return items.map((item) => JSON.stringify(item)).join('\n---\n')
}
