// When somebody else signs in, or nobody is, what the one before could see is forgotten: results, schema, sessions.
import { useLogin } from '../stores/login.ts'
import { forgetAllTabs } from '../stores/runs.ts'
import { queryClient } from './queries.ts'

export function forgetDataOfOthers(): void {
  useLogin.subscribe((now, before) => {
    if (before.principal === null || now.principal?.id === before.principal.id) return
    forgetAllTabs()
    queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'app.info' })
  })
}
