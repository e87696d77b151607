import type { Answer, Call } from '../call.ts'
import type { ResourceTarget } from '../target.ts'
import { methodNotAllowed } from '../status.ts'
import type { World } from '../world.ts'
export async function create(_world: World, _target: ResourceTarget, _call: Call): Promise<Answer> { throw methodNotAllowed() }
export async function replace(_world: World, _target: ResourceTarget, _call: Call): Promise<Answer> { throw methodNotAllowed() }
