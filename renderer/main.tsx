// Composes the page: finds the Desktop, starts what listens to it, renders.
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import './tokens.css'
import './base.css'
import { provideDesktop } from './lib/current-desktop.ts'
import { findDesktop } from './lib/desktop.ts'
import { forgetDataOfOthers } from './lib/forget-data.ts'
import { watchApprovals } from './stores/approvals.ts'
import { forgetAllTabs, watchRuns } from './stores/runs.ts'
import { terminals, watchTerminals } from './stores/terminals.ts'
import { applyRememberedTheme, watchSettings } from './stores/settings.ts'
import { watchLogin } from './stores/login.ts'

applyRememberedTheme()
provideDesktop(await findDesktop())
watchRuns()
watchTerminals()
forgetDataOfOthers()
watchApprovals()
watchLogin()
void watchSettings()
// A page that goes away takes its PostgreSQL sessions and its shells with it.
window.addEventListener('pagehide', () => { forgetAllTabs(); terminals.forgetAll() })
createRoot(document.getElementById('root')!).render(<App />)
