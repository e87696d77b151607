// Which page: signing in until somebody is, then the shell around the page of the path.
import { QueryClientProvider } from '@tanstack/react-query'
import { Redirect, Route, Router, Switch } from 'wouter'
import { useHashLocation } from 'wouter/use-hash-location'
import { Shell } from './components/Shell.tsx'
import { queryClient } from './lib/queries.ts'
import { isApprovalList, nameOf, paths } from './lib/routes.ts'
import { Approval } from './pages/Approval.tsx'
import { Approvals } from './pages/Approvals.tsx'
import { Connection } from './pages/Connection.tsx'
import { Connections } from './pages/Connections.tsx'
import { Session } from './pages/Session.tsx'
import { Sessions } from './pages/Sessions.tsx'
import { Settings } from './pages/Settings.tsx'
import { SignIn } from './pages/SignIn.tsx'
import { useLogin } from './stores/login.ts'
import { ErrorBoundary } from './ui/ErrorBoundary.tsx'
import { TipProvider } from './ui/Tip.tsx'

export const App = () => (
  <QueryClientProvider client={queryClient}>
    <TipProvider>
      <ErrorBoundary>
        {/* wouter takes its location hook as a value and calls it as a hook. */}
        {/* oxlint-disable-next-line react/hooks */}
        <Router hook={useHashLocation}><Pages /></Router>
      </ErrorBoundary>
    </TipProvider>
  </QueryClientProvider>
)

function Pages() {
  const isKnown = useLogin((login) => login.principal !== null)
  if (!isKnown) return <SignIn />
  return (
    <Shell>
      <Switch>
        <Route path="/connections"><Connections /></Route>
        <Route path="/connections/:name">{({ name }) => <Connection key={name} name={nameOf(name)} />}</Route>
        <Route path="/sessions"><Sessions connection={null} /></Route>
        <Route path="/sessions/of/:name">{({ name }) => <Sessions connection={nameOf(name)} />}</Route>
        <Route path="/sessions/:id">{({ id }) => <Session key={id} id={nameOf(id)} />}</Route>
        <Route path="/approvals"><Approvals list="open" /></Route>
        <Route path="/approvals/:id">{({ id }) => (isApprovalList(id) ? <Approvals key={id} list={id} /> : <Approval key={id} id={nameOf(id)} />)}</Route>
        <Route path="/settings"><Settings /></Route>
        <Route><Redirect to={paths.connections} replace /></Route>
      </Switch>
    </Shell>
  )
}
