// The detectors that the policy files bring, all files together: their names are unique, so that `[masked:<name>]` means one thing, and
// any file's masks may use them.
import type { CustomDetector, DetectorRef } from '../../shared/policy/detector.ts'
import { detectorNames } from '../../shared/policy/detectors.ts'
import type { Policy } from '../../shared/policy/rule.ts'
import { didYouMean } from '../../shared/policy/suggest.ts'
import { detectorsMax } from '../limits.ts'
import type { Path } from '../yaml-file.ts'
import { compilePattern, exampleProblem } from './detector-pattern.ts'

export interface DetectorProblem { readonly policy: number; readonly path: Path; readonly message: string }

/** By index of the policy; a name that a mask uses and nobody defines is a mask that would find nothing. */
export function detectorProblems(policies: readonly Policy[]): readonly DetectorProblem[] {
  const problems: DetectorProblem[] = []
  const names = new Set<string>(Object.keys(detectorNames))
  for (const [policy, { detectors }] of policies.entries()) {
    for (const [at, detector] of detectors.entries()) {
      if (names.has(detector.name)) problems.push({ policy, path: ['detectors', at, 'name'], message: `there is a detector ${detector.name} already; names are unique over all policy files` })
      names.add(detector.name)
      problems.push(...patternProblems(detector).map(({ path, message }) => ({ policy, path: ['detectors', at, ...path], message })))
    }
  }
  const own = names.size - Object.keys(detectorNames).length
  if (own > detectorsMax) problems.push({ policy: policies.findLastIndex(({ detectors }) => detectors.length > 0), path: ['detectors'], message: `the policies define ${own} detectors, at most ${detectorsMax} are looked for (detectorsMax)` })
  for (const [policy, { masks }] of policies.entries()) {
    for (const [at, { target }] of masks.entries()) {
      for (const [index, name] of (target.kind === 'detect' ? target.detectors : []).entries()) {
        if (!names.has(name)) problems.push({ policy, path: ['masks', at, 'detect', index], message: `${JSON.stringify(name.slice(0, 64))} is not a detector${didYouMean(name, [...names])}` })
      }
    }
  }
  return problems
}

function patternProblems({ pattern, examples }: CustomDetector): readonly { readonly path: Path; readonly message: string }[] {
  const compiled = compilePattern(pattern)
  if ('problem' in compiled) return [{ path: ['pattern'], message: compiled.problem }]
  return examples.flatMap((example, at) => {
    const problem = exampleProblem(compiled, example)
    return problem === null ? [] : [{ path: ['examples', at], message: `${JSON.stringify(example.slice(0, 64))} ${problem}` }]
  })
}

/** Names as masks write them to what they mean. An unknown name stays, for the scanner to refuse: it would look for less than policy says. */
export function resolveDetectors(policies: readonly Policy[]): (names: readonly string[]) => readonly DetectorRef[] {
  const own = new Map(policies.flatMap(({ detectors }) => detectors.map((detector) => [detector.name, detector] as const)))
  return (names) => names.map((name) => own.get(name) ?? name)
}
