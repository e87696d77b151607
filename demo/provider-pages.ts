// The pages of the demo's sign-in provider: plain HTML and CSS, no script. One form, one button a person; a password works too.
import { createHash } from 'node:crypto'
import { sampleUsers, type SampleUser } from './users.ts'

const css = `
:root { color-scheme: light dark; --page: #f6f6f4; --card: #ffffff; --line: #e2e2de; --ink: #1b1c1e; --soft: #5d6066; --accent: #1f6f5c; --on-accent: #ffffff; --error: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --page: #121314; --card: #1b1d1f; --line: #2f3236; --ink: #eceded; --soft: #a3a7ad; --accent: #5fc4a8; --on-accent: #0d1f1a; --error: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 2rem 1rem; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { width: 100%; max-width: 30rem; }
.mark { display: flex; align-items: center; gap: .6rem; font-weight: 600; letter-spacing: .01em; color: var(--soft); }
.mark svg { width: 1.5rem; height: 1.5rem; color: var(--accent); }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 1.2rem 0 .3rem; letter-spacing: -.01em; }
p { margin: 0 0 1.4rem; color: var(--soft); }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .6rem; }
button, input { font: inherit; color: inherit; }
.person { width: 100%; display: grid; grid-template-columns: 2.75rem 1fr auto; gap: .9rem; align-items: center; text-align: left; padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; cursor: pointer; }
.person:hover { border-color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.face { width: 2.75rem; height: 2.75rem; border-radius: 50%; display: grid; place-items: center; font-weight: 600; background: color-mix(in srgb, var(--accent) 16%, transparent); color: var(--accent); }
.person strong { font-weight: 600; } .person .role { color: var(--soft); } .person small { display: block; color: var(--soft); font-size: .875rem; line-height: 1.4; }
.go { color: var(--soft); font-size: 1.2rem; }
details { margin-top: 1.4rem; color: var(--soft); } summary { cursor: pointer; width: fit-content; border-radius: .25rem; }
.fields { display: grid; gap: .7rem; margin-top: .9rem; } label { display: grid; gap: .25rem; font-size: .875rem; }
input[type=text], input[type=password] { width: 100%; padding: .55rem .7rem; background: var(--card); border: 1px solid color-mix(in srgb, var(--soft) 60%, transparent); border-radius: .5rem; color: var(--ink); }
.submit { padding: .6rem 1rem; border: 0; border-radius: .5rem; background: var(--accent); color: var(--on-accent); font-weight: 600; cursor: pointer; }
.quiet { margin-top: 1.6rem; padding: 0; border: 0; background: none; color: var(--soft); text-decoration: underline; cursor: pointer; border-radius: .25rem; }
.error { color: var(--error); font-weight: 500; } code { font: 1.4rem/1 ui-monospace, monospace; color: var(--ink); letter-spacing: .08em; }
`

/** The page may show its own style and send its form here; the answer then goes to the app's loopback port (CSP follows redirects of forms). */
export const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'; form-action 'self' http://127.0.0.1:*; frame-ancestors 'none'; base-uri 'none'`

const mark = '<div class="mark"><svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true"><path d="M4 21V9a8 8 0 0 1 16 0v12M4 21h5m6 0h5M9 21v-8a3 3 0 0 1 6 0v8"/></svg>Gatehouse demo</div>'

export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)} · Gatehouse demo</title>
<style>${css}</style></head>
<body><main>${mark}<h1>${escapeHtml(title)}</h1>
${body}
</main></body></html>
`
}

/** `uid` is the interaction this page answers; `failure` what was wrong with the last try. */
export function signInPage(uid: string, failure: string | null = null): string {
  const action = `/interaction/${encodeURIComponent(uid)}`
  return page('Who are you today?', `<p>These people are made up, and so is their data. Choose one to see Gatehouse with their eyes.</p>
${failure === null ? '' : `<p class="error" role="alert">${escapeHtml(failure)}</p>`}
<form method="post" action="${action}"><ul>
${sampleUsers.map((user, index) => `<li>${personButton(user, index === 0)}</li>`).join('\n')}
</ul></form>
<details${failure === null ? '' : ' open'}><summary>Sign in with a name and password</summary>
<form class="fields" method="post" action="${action}">
<label>Name<input type="text" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required></label>
<label>Password<input type="password" name="password" autocomplete="current-password" required></label>
<button class="submit" type="submit">Sign in</button></form></details>
<form method="post" action="${action}"><button class="quiet" name="cancel" value="yes" type="submit">Cancel</button></form>`)
}

function personButton(user: SampleUser, isFirst: boolean): string {
  const initials = user.fullName.split(' ').map((part) => part[0]).join('')
  return `<button class="person" type="submit" name="user" value="${user.name}"${isFirst ? ' autofocus' : ''}><span class="face" aria-hidden="true">${initials}</span>`
    + `<span><strong>${escapeHtml(user.fullName)}</strong> <span class="role">· ${escapeHtml(user.role)}</span><small>${escapeHtml(user.may)}</small></span><span class="go" aria-hidden="true">→</span></button>`
}

/** The forms of the device flow come from oidc-provider; their buttons are ours (`form=` ties them together). */
export const devicePages = {
  input: (form: string, failure: string | null) => page('Enter the code', `<p${failure === null ? '' : ' class="error" role="alert"'}>${escapeHtml(failure ?? 'It stands in the terminal where you started to sign in.')}</p>
<div class="fields">${form}<button class="submit" type="submit" form="op.deviceInputForm">Continue</button></div>`),
  confirm: (form: string, code: string) => page('Is this your code?', `<p><code>${escapeHtml(code)}</code></p><p>Go on only if the same code stands in your own terminal: whoever shows it will be signed in as you.</p>
${form}<button class="submit" type="submit" form="op.deviceConfirmForm">Yes, continue</button><br><button class="quiet" type="submit" form="op.deviceConfirmForm" value="yes" name="abort">No, stop</button>`),
  done: () => page('You are signed in', '<p>You can close this page and go back to the terminal.</p>'),
} as const

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
export const escapeHtml = (text: string) => text.replaceAll(/[&<>"]/g, (character) => escapes[character]!)
