// The question put to humans about one held command. Only the words: the broker comes with its own issue, and until then
// an `approve` verdict is refused with "needs approval; approvals are not available yet".

export interface ApprovalNeed {
  /** Groups whose members may decide, and how many distinct humans of them. */
  readonly groups: readonly string[]
  /** Principal ids that may decide besides the groups' members. */
  readonly users: readonly string[]
  readonly count: number
  readonly withinMs: number
  /** Further approve rules that matched: each must be met as well, by deciders of its own groups. */
  readonly also: readonly Omit<ApprovalNeed, 'also'>[]
}
