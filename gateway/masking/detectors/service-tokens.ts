// Tokens of services that give theirs a prefix to be found by: GitHub, Slack, Stripe.
import { byteSet, type Detector, literal, whole } from './detector.ts'

/** https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats */
export const githubToken: Detector = {
  name: 'github-token',
  triggers: [...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((prefix) => literal(prefix, 3)), literal('_pat_', 4)],
  token: byteSet('A-Za-z0-9_'),
  pattern: '(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})',
  accept: whole,
}

/** https://docs.slack.dev/authentication/tokens */
export const slackToken: Detector = {
  name: 'slack-token',
  triggers: [literal('xox', 0), literal('xapp-', 0)],
  token: byteSet('A-Za-z0-9-'),
  pattern: '(?:xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{10,})',
  accept: whole,
}

/** Secret and restricted keys, live and test; publishable keys (pk_) are meant to be seen. https://docs.stripe.com/keys */
export const stripeKey: Detector = {
  name: 'stripe-key',
  triggers: [literal('sk_', 2), literal('rk_', 2)],
  token: byteSet('A-Za-z0-9_'),
  pattern: '[sr]k_(?:live|test)_[A-Za-z0-9]{10,}',
  accept: whole,
}
