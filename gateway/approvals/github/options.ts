// `github:` of gateway.yaml, resolved.
import type { Revealed } from '../notify/target.ts'

export interface GithubOptions {
  /** Without a slash at the end: `https://api.github.com`. */
  readonly api: string
  readonly token: Revealed
  /** `owner/name`: the only repositories that are asked about, whatever rules name. */
  readonly repositories: readonly string[]
  /** Protected; pull requests into others do not count. */
  readonly branch: string
}
