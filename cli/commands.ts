// Every command: what `--help` says of it and where it lives. A command file exports `register`, which adds its options and action.
import type { Command } from 'commander'

interface Entry { readonly summary: string; readonly load: () => Promise<{ register(command: Command): void }> }

export const commands = {
  gateway: { summary: 'start a gateway from a gateway.yaml', load: () => import('./commands/gateway.ts') },
  demo: { summary: 'start the embedded stack: PostgreSQL, sign-in provider, gateway, app', load: () => import('./commands/demo.ts') },
  app: { summary: 'open the desktop app (or serve it to a browser)', load: () => import('./commands/app.ts') },
  login: { summary: 'sign in to a gateway', load: () => import('./commands/login.ts') },
  logout: { summary: 'sign out and revoke the token', load: () => import('./commands/logout.ts') },
  whoami: { summary: 'show who the gateway takes you for', load: () => import('./commands/whoami.ts') },
  connections: { summary: 'list the connections that you may use', load: () => import('./commands/connections.ts') },
  connect: { summary: 'open a loopback listener for native clients', load: () => import('./commands/connect.ts') },
  sql: { summary: 'run SQL on a connection', load: () => import('./commands/sql.ts') },
  kubectl: { summary: 'run kubectl on a connection', load: () => import('./commands/kubectl.ts') },
  kubeconfig: { summary: 'write a kubeconfig for kubectl, helm and k9s', load: () => import('./commands/kubeconfig.ts') },
  approvals: { summary: 'list, show, decide and wait for approvals', load: () => import('./commands/approvals.ts') },
  grants: { summary: 'ask for time-boxed access, list and revoke it', load: () => import('./commands/grants.ts') },
  sessions: { summary: 'list, show, export and verify recorded sessions', load: () => import('./commands/sessions.ts') },
  policy: { summary: 'check, test, explain and replay policies', load: () => import('./commands/policy.ts') },
} as const satisfies Record<string, Entry>
