// Which rules hold for an object, for one side: for the client its exceptions count, for the recording none does. Where it is not known
// whether a rule is about an object, its mask holds and its exception does not.
import { compareForms, type MaskForm } from '../../../shared/policy/mask-form.ts'
import { anything, compileGlob, compileGlobs, type GlobMatcher } from '../../../shared/policy/glob.ts'
import type { FieldMaskRule } from '../../policy/snapshot.ts'
import { type Identity, isSecrets } from './identity.ts'

/** Where a rule begins to hold inside an object, and what it does there with everything below. */
export interface Start {
  /** A lone `*` is any member and any element. */
  readonly segments: readonly string[]
  /** Of a `*`: members that are none of its own. */
  readonly besides?: ReadonlySet<string>
  readonly effect: Effect
}
export type Effect =
  | { readonly kind: 'mask'; readonly form: MaskForm }
  /** Masked unless an exception opens it: what Secrets hold. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'open' }

export type Side = 'client' | 'record'

interface Compiled {
  readonly rule: FieldMaskRule
  readonly resource: (identity: Identity) => boolean
  readonly namespace: GlobMatcher | null
  readonly name: GlobMatcher | null
  readonly starts: readonly Start[]
  readonly opens: readonly Start[]
}

export class FieldRules {
  readonly #side: Side
  readonly #compiled: readonly Compiled[]
  readonly #byResource = new Map<string, readonly Compiled[]>()
  /** Rules about other things than Secrets and tokens: an object of any kind may hold one of theirs. */
  readonly isAboutMore: boolean

  constructor(rules: readonly FieldMaskRule[], side: Side) {
    this.#side = side
    this.#compiled = rules.map(compile)
    this.isAboutMore = rules.some(({ resources }) => resources.some((pattern) => !familiar.has(pattern)))
  }

  /** `own`: the object is one of those the request is about; then everything in a Secret that is not known to be harmless is closed. */
  startsFor(identity: Identity, own: boolean): readonly Start[] {
    const closed = isSecret(identity) ? (own && isSecrets(identity) ? closedWhole : closedData) : none
    const candidates = this.#candidates(identity)
    return candidates.length === 0 ? closed : [...closed, ...candidates.flatMap((compiled) => this.#startsOf(compiled, identity))]
  }

  #candidates(identity: Identity): readonly Compiled[] {
    const key = `${identity.group ?? '?'}/${identity.resource}/${identity.subresource ?? ''}`
    let found = this.#byResource.get(key)
    if (found === undefined) {
      found = this.#compiled.filter(({ resource }) => resource(identity))
      if (this.#byResource.size < identitiesKept) this.#byResource.set(key, found)
    }
    return found
  }

  #startsOf({ rule, namespace, name, starts, opens }: Compiled, identity: Identity): readonly Start[] {
    const [inNamespace, isNamed] = [matches(namespace, identity.namespace), matches(name, identity.name)]
    if (inNamespace === 'no' || isNamed === 'no') return none
    if (this.#side === 'client' && this.#isExcepted(rule, identity)) {
      return inNamespace === 'yes' && isNamed === 'yes' && isSecret(identity) && isAboutSecrets(rule) ? opens : none
    }
    return starts
  }

  #isExcepted({ isExempt, exceptTypes }: FieldMaskRule, { types }: Identity): boolean {
    return isExempt || (types.length > 0 && types.every((type) => exceptTypes.includes(type)))
  }
}

/** What these name is found by the word Secret, or stands only where the path says so. */
const familiar = new Set(['secrets', 'serviceaccounts/token', 'tokenrequests', 'tokenreviews'])

/** Kinds of one cluster; a response that names more kinds than that is matched anew each time. */
const identitiesKept = 1_000

const none: readonly Start[] = []
const closed: Effect = { kind: 'closed' }
const harmlessInSecrets = new Set(['apiVersion', 'kind', 'metadata', 'type', 'immutable'])
const closedWhole: readonly Start[] = [{ segments: ['*'], besides: harmlessInSecrets, effect: closed }]
const closedData: readonly Start[] = ['data', 'stringData', 'binaryData'].map((member) => ({ segments: [member], effect: closed }))

/** Of any group: a kind that is called Secret holds some. */
const isSecret = ({ resource }: Identity): boolean => resource === 'secrets'

/** To open Secrets a rule has to name them: a `*` does not. */
function isAboutSecrets({ resources }: FieldMaskRule): boolean {
  return resources.some((pattern) => pattern !== '*' && compileGlob(pattern, '/')('secrets'))
}

function matches(glob: GlobMatcher | null, value: string | null): 'yes' | 'no' | 'perhaps' {
  if (glob === null) return 'yes'
  if (value === null) return 'perhaps'
  return glob(value) ? 'yes' : 'no'
}

function compile(rule: FieldMaskRule): Compiled {
  const pointers = rule.fields.map(segmentsOf)
  return {
    rule, resource: resourceMatcher(rule),
    namespace: rule.namespaces === null ? null : compileGlobs(rule.namespaces, null),
    name: rule.names === null ? null : compileGlobs(rule.names, null),
    starts: pointers.map((segments) => ({ segments, effect: { kind: 'mask', form: rule.as } })),
    opens: pointers.map((segments) => ({ segments, effect: { kind: 'open' } })),
  }
}

/** RFC 6901. `''` is the whole object. */
export function segmentsOf(pointer: string): readonly string[] {
  return pointer === '' ? [] : pointer.slice(1).split('/').map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** What is said of a resource holds for its subresources, which give the object or parts of it. A group that is not known may be any. */
function resourceMatcher({ resources, groups }: FieldMaskRule): (identity: Identity) => boolean {
  const matchers = resources.map((pattern) => (pattern === '*' ? anything : compileGlob(pattern, '/')))
  const inGroup = groups === null ? anything : compileGlobs(groups, null)
  return ({ group, resource, subresource }) => {
    if (group !== null && !inGroup(group)) return false
    const texts = subresource === null ? [resource] : [resource, `${resource}/${subresource}`]
    return matchers.some((isMatch) => texts.some(isMatch))
  }
}

/** What holds below a place where several rules meet. */
export function stricterForm(one: MaskForm | null, other: MaskForm): MaskForm {
  return one === null || compareForms(other, one) < 0 ? other : one
}
