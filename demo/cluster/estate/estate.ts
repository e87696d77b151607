// The sample estate, put into an empty cluster: made twelve days ago, the web shop rolled out anew this morning, so that ages,
// replica sets and histories look lived in.
import { objectAt, type Json, type KubeObject } from '../objects.ts'
import { resourceNamed } from '../resources.ts'
import { withMetadata } from '../store.ts'
import type { World } from '../world.ts'
import type { Item } from './builders.ts'
import { platform } from './platform.ts'
import { payments, shop } from './shop.ts'

const dayMs = 86_400_000

export interface EstateClock { set(at: number): void; release(): void }

export function makeEstate(world: World, clock: EstateClock, settle: () => void): void {
  const start = Date.now()
  clock.set(start - 12.3 * dayMs)
  putAll(world, platform)
  settle()
  clock.set(start - 11.8 * dayMs)
  putAll(world, [...shop.filter(({ plural }) => plural !== 'jobs'), ...payments])
  settle()
  clock.set(start - 0.13 * dayMs)
  rollOut(world, 'web', 'registry.example.com/shop/web:2.4.1')
  settle()
  clock.set(start - 4000)
  putAll(world, shop.filter(({ plural }) => plural === 'jobs'))
  settle()
  clock.release()
}

function putAll({ store }: World, items: readonly Item[]): void {
  for (const { plural, group, object } of items) store.create(resourceNamed(plural, group), structuredClone(object))
}

function rollOut({ store }: World, name: string, image: string): void {
  const deployments = resourceNamed('deployments')
  const deployment = store.get(deployments, 'shop', name)!
  const template = objectAt(deployment, 'spec', 'template')
  const [first, ...rest] = objectAt(template, 'spec')['containers'] as Json[]
  const spec: KubeObject['spec'] = { ...objectAt(deployment, 'spec'), template: { ...template, spec: { ...objectAt(template, 'spec'), containers: [{ ...objectAt(first), image }, ...rest] } } }
  store.update(deployments, { ...withMetadata(deployment, { generation: 2, annotations: { ...deployment.metadata.annotations, 'kubernetes.io/change-cause': `kubectl set image deployment/${name} ${name}=${image}` } }), spec })
}
