// When somebody else signs in, or nobody is, what the one before could see is forgotten: results, schema, sessions.
import { useLogin } from '../stores/login.ts'
import { forgetAllTabs } from '../stores/runs.ts'
import { terminals } from '../stores/terminals.ts'
import { queryClient } from './queries.ts'

export function forgetDataOfOthers(): void {
  useLogin.subscribe((now, before) => {
    if (before.principal === null || now.principal?.id === before.principal.id) return
    forgetAllTabs()
    terminals.forgetAll()
    queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'app.info' })
  })
}
