// The detectors a mask rule may name in `detect:`. gateway/masking implements exactly these; a name that is not here does not load.

export const detectorNames = {
  'aws-access-key': 'AWS access key ids (AKIA…, ASIA…)',
  'private-key': 'PEM private keys',
  jwt: 'JSON Web Tokens',
  'credit-card': 'payment card numbers that pass the Luhn check',
  'us-ssn': 'US social security numbers',
  email: 'email addresses',
  'github-token': 'GitHub tokens (ghp_…, github_pat_…)',
  'slack-token': 'Slack tokens (xoxb-…)',
  'stripe-key': 'Stripe secret keys (sk_live_…)',
  'google-api-key': 'Google API keys (AIza…)',
  'password-in-url': 'URLs that carry a password',
  iban: 'IBANs that pass their check digits',
} as const satisfies Record<string, string>

export type DetectorName = keyof typeof detectorNames
