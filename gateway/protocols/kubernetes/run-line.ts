// The words of a request in one line: its verb as ours or as kubectl's, its flags, what stands behind `--`.
import { kubernetesVerbs } from '../../../shared/kubernetes.ts'
import { massDeletesOverMax } from '../../../shared/limits.ts'
import { didYouMean } from '../../../shared/policy/suggest.ts'

export interface Flags {
  readonly namespace?: string
  readonly selector?: string
  readonly fieldSelector?: string
  readonly fieldManager?: string
  readonly subresource?: string
  readonly container?: string
  /** JSON: the object, or the patch. */
  readonly body?: string
  readonly type?: string
  /** Deletes of the same person just before. */
  readonly deletes?: string
  readonly replicas?: string
  readonly allNamespaces: boolean
  readonly isDryRun: boolean
  readonly isTty: boolean
  readonly hasStdin: boolean
  readonly isWatch: boolean
}

export interface Line {
  /** One of ours, or `apply`. */
  readonly verb: string
  readonly operands: readonly string[]
  /** Of what is no resource; with its query. */
  readonly path: string | null
  readonly flags: Flags
  readonly command: readonly string[]
}

interface Problem { readonly problem: string }

const valued: Readonly<Record<string, keyof Flags>> = {
  '-n': 'namespace', '--namespace': 'namespace', '-l': 'selector', '--selector': 'selector', '--field-selector': 'fieldSelector', '--field-manager': 'fieldManager',
  '--subresource': 'subresource', '-c': 'container', '--container': 'container', '--body': 'body', '-p': 'body', '--patch': 'body', '--type': 'type', '--deletes': 'deletes', '--replicas': 'replicas',
}
const switches: Readonly<Record<string, readonly (keyof Flags)[]>> = {
  '-A': ['allNamespaces'], '--all-namespaces': ['allNamespaces'], '--dry-run': ['isDryRun'], '--dry-run=server': ['isDryRun'],
  '-t': ['isTty'], '--tty': ['isTty'], '-i': ['hasStdin'], '--stdin': ['hasStdin'], '-it': ['isTty', 'hasStdin'], '-ti': ['isTty', 'hasStdin'], '-w': ['isWatch'], '--watch': ['isWatch'], '--server-side': [],
}

/** What kubectl does in several requests, or says otherwise. */
const notOne: Readonly<Record<string, string>> = {
  edit: 'a get and a patch', describe: 'a get, and a list of events', replace: 'a get and an update', run: 'a create, and an attach', cp: 'an exec of tar',
  rollout: 'a get and a patch', drain: 'patches, lists and evictions', cordon: 'a get and a patch', uncordon: 'a get and a patch', top: 'a list of pods.metrics.k8s.io', diff: 'a get and a patch with --dry-run',
  wait: 'a get and a watch', label: 'a get and a patch', annotate: 'a get and a patch', set: 'a get and a patch', expose: 'a get and a create', debug: 'a patch of pods/ephemeralcontainers, and an attach',
}

export function readLine(words: readonly string[]): Line | Problem {
  const end = words.indexOf('--')
  const command = end === -1 ? [] : words.slice(end + 1)
  const before = end === -1 ? words : words.slice(0, end)
  const isKubectl = before[0] === 'kubectl'
  const parsed = readFlags(isKubectl ? before.slice(1) : before)
  if ('problem' in parsed) return parsed
  if (isKubectl && parsed.operands[0] === 'apply' && !before.includes('--server-side')) return { problem: 'kubectl apply is a get, and a create or a patch; write the request that is meant (with --server-side it is one patch)' }
  const [verb = '', ...operands] = parsed.operands
  const line = asOurs({ verb, operands, path: null, flags: parsed.flags, command })
  if ('problem' in line) return line
  if (line.verb === 'exec' ? command.length === 0 : command.length > 0) return { problem: line.verb === 'exec' ? 'exec needs its command behind --, such as exec pods/web-1 -- sh -c ls' : `${line.verb} runs no command` }
  const [first] = line.operands
  if (first === undefined) return { problem: `expected what to ${line.verb}, such as ${line.verb} pods/web-1 -n shop` }
  return first.startsWith('/') ? { ...line, path: first } : line
}

function readFlags(words: readonly string[]): { readonly flags: Flags; readonly operands: readonly string[] } | Problem {
  const operands: string[] = []
  const flags: Record<string, string | boolean> = { allNamespaces: false, isDryRun: false, isTty: false, hasStdin: false, isWatch: false }
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    if (!word.startsWith('-')) operands.push(word)
    else if (word === '--all') return { problem: 'kubectl delete --all lists, and then deletes one by one: write one delete, with --deletes N for those before it' }
    else if (Object.hasOwn(switches, word)) for (const name of switches[word]!) flags[name] = true
    else {
      const equals = word.startsWith('--') ? word.indexOf('=') : -1
      const [name, value] = equals === -1 ? [word, words[++at]] : [word.slice(0, equals), word.slice(equals + 1)]
      if (!Object.hasOwn(valued, name)) return { problem: `${name} is not known here${didYouMean(name, [...Object.keys(valued), ...Object.keys(switches)])}` }
      if (value === undefined) return { problem: `${name} needs a value` }
      flags[valued[name]!] = value
    }
  }
  return flagProblem(flags) ?? { flags: flags as unknown as Flags, operands }
}

function flagProblem({ type, deletes, replicas }: Readonly<Record<string, string | boolean>>): Problem | null {
  if (type !== undefined && !['json', 'merge', 'strategic', 'apply'].includes(String(type))) return { problem: '--type is json, merge, strategic or apply' }
  if (deletes !== undefined && !(/^\d{1,4}$/.test(String(deletes)) && Number(deletes) <= massDeletesOverMax)) return { problem: `--deletes is a number of at most ${massDeletesOverMax}` }
  return replicas === undefined || /^\d{1,9}$/.test(String(replicas)) ? null : { problem: '--replicas is a number' }
}

/** A verb of kubectl's that is one request, as that request. */
function asOurs(line: Line): Line | Problem {
  const { verb, operands: [first, ...rest], flags } = line
  const bare = (type: string) => (first === undefined ? [] : first.includes('/') ? [`${pods.test(first) ? first.replace(pods, type) : `${type}/${first}`}`, ...rest] : [`${type}/${first}`, ...rest])
  switch (verb) {
    case 'get': return flags.isWatch ? { ...line, verb: 'watch' } : first?.startsWith('/') === true || hasName(line) ? line : { ...line, verb: 'list' }
    case 'logs': return first === undefined ? line : { ...line, verb: 'get', operands: ['pods/log', first.replace(/^(po|pods?)\//, '')] }
    case 'exec': case 'attach': return { ...line, operands: bare('pods') }
    case 'port-forward': return { ...line, verb: 'portforward', operands: bare('pods') }
    case 'scale': return { ...line, verb: 'patch', flags: { ...flags, subresource: 'scale', type: 'merge', body: JSON.stringify({ spec: { replicas: Number(flags.replicas ?? '1') } }) } }
    case 'create': return first === 'token' ? { ...line, operands: ['serviceaccounts/token', ...rest] } : line
    case 'auth': return { ...line, verb: 'create', operands: ['selfsubjectaccessreviews'] }
  }
  if (verb === 'apply' || (kubernetesVerbs as readonly string[]).includes(verb)) return line
  const several = Object.hasOwn(notOne, verb) ? notOne[verb] : undefined
  return { problem: several === undefined ? `${JSON.stringify(verb)} is no verb${didYouMean(verb, [...kubernetesVerbs, 'apply'])}` : `kubectl ${verb} is ${several}; write the request that is meant` }
}

const pods = /^(po|pods?)(?=\/)/

const hasName = ({ operands: [type, name] }: Line): boolean => name !== undefined || type?.includes('/') === true
