// A request in one line, as `tests:` of policies and `policy explain --run` write it: `delete pods/web-1 -n shop`. The line becomes a
// method, a target and a body, and those are read by the very functions that read a client's request.
//
//   [kubectl] VERB TYPE [NAME] | TYPE/NAME | TYPE/SUBRESOURCE NAME | /path   [FLAGS]   [-- COMMAND …]
//
// Of kubectl's own verbs those stand for a request that are one: what kubectl does in several is told so.
import type { KubernetesCommandFacts } from '../../../shared/kubernetes.ts'
import { pluralOf, writingVerbs } from '../../../shared/policy/kubernetes-words.ts'
import { splitWords } from '../../../shared/policy/words.ts'
import { factsOf, readRequest } from './commands.ts'
import { groupsWith, scopeOf } from './resources.ts'
import { readLine, type Flags, type Line } from './run-line.ts'

export type RunFacts = { readonly kind: 'facts'; readonly facts: KubernetesCommandFacts } | { readonly kind: 'problem'; readonly message: string }

export function factsOfRun(text: string): RunFacts {
  const words = splitWords(text)
  const line = 'problem' in words ? words : readLine(words.map((word) => word.text))
  const request = 'problem' in line ? line : requestOf(line)
  return 'problem' in request ? { kind: 'problem', message: request.problem } : read(request)
}

/**
 * A request as the recording has it, `GET /api/v1/pods`, for `policy replay`. The body is not at hand (its masked fields are not in the
 * record), nor what was deleted before: of what they could decide the text is why it cannot be told.
 */
export function factsOfRecorded(text: string): KubernetesCommandFacts | string {
  if (/(?:\[|%5B)masked/.test(text)) return 'a part of its text is masked'
  const [method, target] = text.split(' ') as [string, string | undefined]
  const request = readRequest({ method, target: target ?? '', headers: ['Host', 'cluster'] })
  if (request.kind === 'refused') return 'it cannot be read as a request'
  if (writingVerbs.has(request.info.verb)) return 'it writes an object, which the recording does not have as it was sent'
  const facts = factsOf({ request, body: null, deletes: [] })
  return facts.kind === 'refused' ? 'it cannot be read as a request' : facts.facts
}

interface Request {
  readonly method: string
  readonly target: string
  readonly contentType: string
  /** JSON; null: none is given. */
  readonly body: string | null
  readonly deletes: number
}

interface Problem { readonly problem: string }

function read({ method, target, contentType, body, deletes }: Request): RunFacts {
  const bytes = body === null ? null : Buffer.from(body)
  const request = readRequest({ method, target, headers: ['Host', 'cluster', ...(bytes === null ? [] : ['Content-Type', contentType, 'Content-Length', String(bytes.length)])] })
  if (request.kind === 'refused') return { kind: 'problem', message: request.message }
  const facts = factsOf({ request, body: bytes, deletes: Array.from({ length: deletes }, () => 0) })
  return facts.kind === 'refused' ? { kind: 'problem', message: facts.message } : { kind: 'facts', facts: facts.facts }
}

const methods: Readonly<Record<string, string>> = {
  get: 'GET', list: 'GET', watch: 'GET', create: 'POST', update: 'PUT', patch: 'PATCH', apply: 'PATCH', delete: 'DELETE', deletecollection: 'DELETE',
  exec: 'GET', attach: 'GET', portforward: 'GET', connect: 'GET',
}

function requestOf({ verb, path, flags, operands, command }: Line): Request | Problem {
  const method = methods[verb]!
  const common = { method, contentType: contentTypeOf(verb, flags), deletes: Number(flags.deletes ?? '0') }
  if (path !== null) return { ...common, target: path, body: null }
  const what = whatOf(verb, operands, flags)
  if ('problem' in what) return what
  const body = bodyOf(verb, what, flags)
  if (body !== null && 'problem' in body) return body
  return { ...common, target: `${pathOf(verb, what)}${queryOf(verb, { what, flags, command })}`, body: body?.text ?? null }
}

interface What { readonly group: string; readonly resource: string; readonly subresource: string | null; readonly name: string | null; /** Null: in none, or in all. */ readonly namespace: string | null; readonly ports: readonly string[] }

const needName: ReadonlySet<string> = new Set(['update', 'patch', 'apply', 'delete', 'exec', 'attach', 'portforward', 'connect'])

function whatOf(verb: string, operands: readonly string[], flags: Flags): What | Problem {
  const [type = '', ...rest] = operands
  const slash = type.indexOf('/')
  const [word, behind] = slash === -1 ? [type, null] : [type.slice(0, slash), type.slice(slash + 1)]
  const isNamed = behind === null || (rest.length > 0 && verb !== 'portforward')
  const subresource = upgrades[verb] ?? flags.subresource ?? (isNamed ? behind : null)
  const name = isNamed ? rest[0] ?? null : behind
  const more = rest.slice(isNamed ? 1 : 0)
  if (more.length > 0 && verb !== 'portforward') return { problem: `${more[0]} is one word too many; expected TYPE/NAME, or TYPE NAME` }
  if (name === null && needName.has(verb)) return { problem: verb === 'delete' ? 'delete needs a name; what deletes all of them at once is deletecollection' : `${verb} needs a name` }
  const found = resourceOf(word)
  if ('problem' in found) return found
  const scope = scopeOf(found.group, found.resource)
  const namespace = scope === 'cluster' || flags.allNamespaces ? null : flags.namespace ?? (scope === 'namespaced' ? 'default' : null)
  return { ...found, subresource, name, namespace, ports: more }
}

const upgrades: Readonly<Record<string, string>> = { exec: 'exec', attach: 'attach', portforward: 'portforward', connect: 'proxy' }

/** `deploy`, `deployments`, `deployments.apps`, `widgets.example.com`. */
function resourceOf(word: string): { readonly group: string; readonly resource: string } | Problem {
  const [short = '', ...group] = word.split('.')
  const resource = pluralOf(short)
  if (group.length > 0) return { resource, group: group.join('.') }
  const [first] = groupsWith(resource)
  return first === undefined ? { problem: `${short || 'nothing'} is no resource of Kubernetes itself; write it with its group, such as widgets.example.com` } : { resource, group: first }
}

function pathOf(verb: string, { group, resource, subresource, name, namespace }: What): string {
  const isListed = verb === 'list' || verb === 'watch' || verb === 'create' && subresource === null || verb === 'deletecollection'
  const parts = [
    ...(group === '' ? ['api', 'v1'] : ['apis', group, 'v1']), ...(namespace === null ? [] : ['namespaces', namespace]), resource,
    ...(name === null || isListed ? [] : [name]), ...(subresource === null ? [] : [subresource]),
  ]
  return `/${parts.map(encodeURIComponent).join('/')}`
}

interface Asked { readonly what: What; readonly flags: Flags; readonly command: readonly string[] }

function queryOf(verb: string, { what: { name, ports }, flags, command }: Asked): string {
  const isListed = verb === 'list' || verb === 'watch' || verb === 'deletecollection'
  const fields = [...(isListed && name !== null ? [`metadata.name=${name}`] : []), ...(flags.fieldSelector === undefined ? [] : [flags.fieldSelector])]
  const query: [string, string][] = [
    ...(verb === 'watch' ? [['watch', 'true'] as [string, string]] : []),
    ...given('labelSelector', flags.selector), ...given('fieldSelector', fields.length === 0 ? undefined : fields.join(',')), ...given('fieldManager', flags.fieldManager),
    ...(flags.isDryRun ? given('dryRun', 'All') : []), ...given('container', flags.container),
    ...(flags.isTty ? given('tty', 'true') : []), ...(flags.hasStdin ? given('stdin', 'true') : []),
    ...command.flatMap((word) => given('command', word)), ...ports.flatMap((port) => given('ports', port.split(':').at(-1))),
  ]
  return query.length === 0 ? '' : `?${query.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')}`
}

const given = (name: string, value: string | undefined): [string, string][] => (value === undefined ? [] : [[name, value]])

const patchTypes: Readonly<Record<string, string>> = {
  json: 'application/json-patch+json', merge: 'application/merge-patch+json', strategic: 'application/strategic-merge-patch+json', apply: 'application/apply-patch+yaml',
}

const contentTypeOf = (verb: string, { type }: Flags): string => (verb === 'apply' ? patchTypes['apply']! : verb === 'patch' ? patchTypes[type ?? 'strategic']! : 'application/json')

/** What is created bears its name; of the rest, what `--body` says. */
function bodyOf(verb: string, { name, subresource }: What, { body }: Flags): { readonly text: string } | Problem | null {
  const isNew = verb === 'create' && name !== null && subresource === null
  if (body === undefined) return isNew ? { text: JSON.stringify({ metadata: { name } }) } : null
  let written: unknown
  try {
    written = JSON.parse(body)
  } catch {
    return { problem: '--body is no JSON' }
  }
  if (!isNew || typeof written !== 'object' || written === null || Array.isArray(written)) return { text: body }
  const { metadata } = written as { readonly metadata?: object }
  return { text: JSON.stringify({ ...written, metadata: { ...metadata, name } }) }
}
