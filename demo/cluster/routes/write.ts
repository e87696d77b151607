// create and update (POST, PUT) of whole objects.
import { json, type Answer, type Call } from '../call.ts'
import { asKept, asServed } from '../events-v1.ts'
import { notFound } from '../status.ts'
import type { ResourceTarget } from '../target.ts'
import type { World } from '../world.ts'
import { checkFields } from '../openapi/check-fields.ts'
import { bodyObject } from './body.ts'
import { commitChange, commitNew } from './commit.ts'
import { writeOptionsOf } from './write-options.ts'

export async function create(world: World, { resource, namespace }: ResourceTarget, call: Call): Promise<Answer> {
  const options = writeOptionsOf(call)
  const { value, warnings } = checkFields(resource, await bodyObject(call, resource), options.fieldValidation)
  const made = commitNew(world, { resource, namespace, wanted: asKept(resource, value), options })
  return json(asServed(resource, made), { code: 201, resource, warnings })
}

export async function replace(world: World, target: ResourceTarget, call: Call): Promise<Answer> {
  const { resource, namespace, name } = target
  const options = writeOptionsOf(call)
  const { value, warnings } = checkFields(resource, await bodyObject(call, resource), options.fieldValidation)
  const before = world.store.get(resource, namespace, name!)
  if (!before) throw notFound(resource, name!)
  const after = commitChange(world, { resource, before, wanted: asKept(resource, value), options, subresource: target.subresource ?? '' })
  return json(asServed(resource, after), { resource, warnings })
}
