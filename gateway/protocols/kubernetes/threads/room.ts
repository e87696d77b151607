// Memory that large answers of all sessions may take together, from their first bytes to their last ones with the client; a share of it
// for each principal, so that one slow reader's answers leave room for the others.

export interface Room {
  /** False: there is none, for this principal or for anybody. */
  take(principal: string, bytes: number): boolean
  give(principal: string, bytes: number): void
}

export function createRoom(bytesMax: number, shareBytesMax: number): Room {
  const taken = new Map<string, number>()
  let all = 0
  return {
    take(principal, bytes) {
      const own = (taken.get(principal) ?? 0) + bytes
      if (own > shareBytesMax || all + bytes > bytesMax) return false
      taken.set(principal, own)
      all += bytes
      return true
    },
    give(principal, bytes) {
      const own = (taken.get(principal) ?? 0) - bytes
      if (own > 0) taken.set(principal, own)
      else taken.delete(principal)
      all -= bytes
    },
  }
}
