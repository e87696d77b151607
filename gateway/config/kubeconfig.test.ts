import { expect, test } from 'vitest'
import { readKubeconfig } from './kubeconfig.ts'

const encoded = (text: string) => Buffer.from(text).toString('base64')

function kubeconfig(changes: { readonly cluster?: string; readonly user?: string } = {}): string {
  return `apiVersion: v1
kind: Config
current-context: prod
clusters: [{ name: c, cluster: { server: "https://10.0.0.1:6443", certificate-authority-data: ${encoded('CA')}${changes.cluster ?? ''} } }]
users: [{ name: u, user: { ${changes.user ?? 'token: secret-token'} } }]
contexts: [{ name: prod, context: { cluster: c, user: u, namespace: shop } }, { name: lost, context: { cluster: c, user: gone } }]
`
}

test('a token, or a client certificate, of the current context or of a named one', () => {
  expect(readKubeconfig('k', kubeconfig(), null)).toEqual({ server: 'https://10.0.0.1:6443', ca: 'CA', serverName: null, token: 'secret-token', certificate: null })
  expect(readKubeconfig('k', kubeconfig({ user: `client-certificate-data: ${encoded('CERT')}, client-key-data: ${encoded('KEY')}` }), 'prod')).toMatchObject({ token: null, certificate: { cert: 'CERT', key: 'KEY' } })
})

test.each([
  ['an exec plugin', kubeconfig({ user: 'exec: { command: aws }' }), null, /k has exec: the gateway runs no program/],
  ['an auth provider', kubeconfig({ user: 'auth-provider: { name: gcp }' }), null, /has auth-provider/],
  ['a token file', kubeconfig({ user: 'tokenFile: /t' }), null, /has tokenFile/],
  ['impersonation', kubeconfig({ user: 'token: t, as: root' }), null, /has as:/],
  ['no check of the server', kubeconfig({ cluster: ', insecure-skip-tls-verify: true' }), null, /skips the check/],
  ['a proxy', kubeconfig({ cluster: ', proxy-url: "http://p"' }), null, /proxy-url/],
  ['a context that is not there', kubeconfig(), 'dev', /has no context "dev"/],
  ['a context whose user is not there', kubeconfig(), 'lost', /does not have/],
  ['half a certificate', kubeconfig({ user: `client-certificate-data: ${encoded('CERT')}` }), null, /both belong together/],
  ['what is no kubeconfig', 'hello', null, /cannot be read/],
])('refuses %s, and quotes no credential', (_, text, context, message) => {
  let thrown: unknown = null
  try {
    readKubeconfig('k', text, context)
  } catch (error) {
    thrown = error
  }
  expect(String(thrown)).toMatch(message)
  expect(String(thrown)).not.toMatch(/secret-token/)
})
