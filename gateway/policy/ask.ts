// A command of any protocol, to be asked about.
import { assertNever } from '../../shared/errors.ts'
import type { Asked } from './asked.ts'
import type { AskedOf } from './conditions.ts'
import { KubernetesAsked } from './kubernetes-asked.ts'
import { SqlAsked } from './sql-asked.ts'

export function ask({ facts, ...of }: AskedOf): Asked {
  switch (facts.kind) {
    case 'sql': return new SqlAsked({ ...of, facts })
    case 'kubernetes': return new KubernetesAsked({ ...of, facts })
    default: return assertNever(facts)
  }
}
