// The containers of pods as shells see them: their environment with what Secrets and ConfigMaps put there, and their files.
import { listAt, textAt, textsAt, type Json, type KubeObject } from '../objects.ts'
import { resourceNamed } from '../resources.ts'
import type { Container } from '../shell/context.ts'
import type { World } from '../world.ts'
import { Files } from './files.ts'
import { restartContainer } from './restart.ts'

const secrets = resourceNamed('secrets')
const configMaps = resourceNamed('configmaps')

/** One of each, for as long as its pod is there. */
export class Containers {
  readonly #world: World
  readonly #known = new Map<string, Container>()

  constructor(world: World) {
    this.#world = world
    world.store.onChange(({ type, resource, object }) => {
      if (type !== 'DELETED' || resource.plural !== 'pods') return
      for (const key of this.#known.keys()) if (key.startsWith(`${object.metadata.uid}/`)) this.#known.delete(key)
    })
  }

  of(pod: KubeObject, name: string): Container {
    const key = `${pod.metadata.uid}/${name}`
    const known = this.#known.get(key) ?? this.#make(pod, name)
    this.#known.set(key, known)
    return known
  }

  #make(pod: KubeObject, name: string): Container {
    const spec = listAt(pod, 'spec', 'containers').find((one) => textAt(one, 'name') === name)
    const hostname = pod.metadata.name
    const env = new Map<string, string>([
      ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], ['HOSTNAME', hostname], ['HOME', '/root'], ['KUBERNETES_SERVICE_HOST', '10.96.0.1'],
      ...listAt(spec, 'env').map((one): [string, string] => [textAt(one, 'name'), this.#value(pod, one)]),
    ])
    const image = textAt(spec, 'image')
    const files = new Files({
      '/etc/hostname': `${hostname}\n`, '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n', '/etc/resolv.conf': `search ${pod.metadata.namespace}.svc.cluster.local\nnameserver 10.96.0.10\n`,
      '/app/VERSION': `${image.split(':').at(-1)}\n`, '/app/config.yaml': 'log_level: info\nlisten: 0.0.0.0:8080\n',
      '/var/run/secrets/kubernetes.io/serviceaccount/namespace': pod.metadata.namespace ?? '', '/var/run/secrets/kubernetes.io/serviceaccount/token': 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJkZW1vIn0.c2lnbmVkLWJ5LW5vYm9keQ',
    })
    const kill = () => {
      this.#known.delete(`${pod.metadata.uid}/${name}`)
      restartContainer(this.#world, pod, name)
    }
    return { hostname, env, files, main: `/app/${name}`, kill }
  }

  #value(pod: KubeObject, variable: Json): string {
    const { namespace } = pod.metadata
    const [secret, config] = ['secretKeyRef', 'configMapKeyRef'].map((kind) => ({ name: textAt(variable, 'valueFrom', kind, 'name'), key: textAt(variable, 'valueFrom', kind, 'key') })) as [{ name: string; key: string }, { name: string; key: string }]
    if (secret.name !== '') return Buffer.from(textsAt(this.#world.store.get(secrets, namespace, secret.name), 'data')[secret.key] ?? '', 'base64').toString()
    if (config.name !== '') return textsAt(this.#world.store.get(configMaps, namespace, config.name), 'data')[config.key] ?? ''
    return textAt(variable, 'value')
  }
}
