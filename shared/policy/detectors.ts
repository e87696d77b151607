// The detectors a mask rule may name in `detect:`. gateway/masking implements exactly these; a name that is not here does not load.

export const detectorNames = {
  'aws-access-key': 'AWS access key ids (AKIA…, ASIA…)',
  'aws-secret-key': 'AWS secret keys beside a word that tells (aws_secret_access_key=…)',
  'private-key': 'PEM private keys',
  jwt: 'JSON Web Tokens',
  'credit-card': 'payment card numbers that pass the Luhn check',
  'us-ssn': 'US social security numbers',
  email: 'email addresses',
  phone: 'phone numbers: international, and common national forms',
  'ip-address': 'IPv4 and IPv6 addresses',
  'github-token': 'GitHub tokens (ghp_…, github_pat_…)',
  'gitlab-token': 'GitLab tokens (glpat-…)',
  'npm-token': 'npm tokens (npm_…)',
  'slack-token': 'Slack tokens (xoxb-…)',
  'stripe-key': 'Stripe secret keys (sk_live_…)',
  'google-api-key': 'Google API keys (AIza…)',
  'google-oauth-secret': 'Google OAuth client secrets and access tokens (GOCSPX-…, ya29.…)',
  'gcp-service-account': 'addresses of Google Cloud service accounts',
  'azure-secret': 'Azure client secrets, keys in connection strings, SAS signatures',
  'ai-api-key': 'OpenAI and Anthropic API keys (sk-…)',
  'password-in-url': 'URLs that carry a password',
  iban: 'IBANs that pass their check digits',
} as const satisfies Record<string, string>

export type DetectorName = keyof typeof detectorNames
