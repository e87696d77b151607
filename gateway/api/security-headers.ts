// What every answer carries: it is for programs, not for a page. No CORS headers at all, so that no page of another origin reads
// an answer. No HSTS: a gateway on localhost would turn every other http://localhost on the machine away.
export const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const
